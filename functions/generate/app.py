"""Jobs: POST of generations, imports and cancels, and DELETE of an owner."""

from collections.abc import Mapping
from typing import Any

from asset_api.composition import generation, principals
from asset_api.generation.requests import GenerationRequest
from asset_api.jobs import job_listing
from asset_api.platform import aws, cold_start, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse

api = HttpApi()


@api.post("/api/v2/generate")
def generate() -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    request = GenerationRequest.from_json(api.body)
    response = generation.generations().start(
        owner, request, base_url=api.base_url, idempotency_key=api.header("idempotency-key")
    )
    return _accepted(response.body, response.headers)


@api.post("/api/v2/assets/import")
def import_asset() -> JsonResponse:
    # Imported late, because a generation does not need it at a cold start.
    from asset_api.composition import imports
    from asset_api.imports.requests import ImportRequest

    owner = principals.verifier().owner(api.header("authorization"))
    request = ImportRequest.from_json(api.body)
    response = imports.imports().start(
        owner, request, base_url=api.base_url, idempotency_key=api.header("idempotency-key")
    )
    return _accepted(response.body, response.headers)


@api.delete("/api/v2/owner")
def erase_owner() -> JsonResponse:
    from asset_api.composition import erasures

    owner = principals.verifier().owner(api.header("authorization"))
    job_id = erasures.erasures().start(owner).job_id
    return _accepted({"success": True, "job_id": job_id})


@api.post("/api/v2/jobs/<job_id>/cancel")
def cancel_job(job_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    job = generation.generations().cancel(owner, job_id)
    return http_api.json_response(200, {"success": True, **job_listing.to_json(job, api.base_url)})


def _accepted(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JsonResponse:
    """Build a job's 202, with its URL as Location."""
    location = f"{api.base_url}/api/v2/jobs/{body['job_id']}"
    return http_api.json_response(202, body, {"Location": location, **(headers or {})})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, generation.generations, in_snapshot=(principals.verifier,))
