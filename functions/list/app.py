"""GET of assets, usage, jobs and the service's health, signed URLs, and the 404 for every unknown path."""

from typing import Any

from asset_api import composition
from asset_api.assets import asset_json, listing
from asset_api.composition import assets, jobs, principals
from asset_api.platform import aws, cold_start, errors, http_api, settings
from asset_api.platform.http_api import HttpApi, JsonResponse

api = HttpApi()


@api.get("/api/v2/assets")
def list_assets() -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    request = listing.ListRequest.from_query(api.current_event.query_string_parameters)
    page = assets.asset_pages().page(owner, request)
    return http_api.json_response(200, listing.page_to_json(request, page, api.base_url, assets.sign_thumbnail))


@api.get("/api/v2/assets/<asset_id>/metadata")
def show_asset(asset_id: str) -> JsonResponse:
    owner = principals.verifier().owner(api.header("authorization"))
    asset = assets.catalog().get(owner, asset_id)
    if asset is None:
        raise errors.asset_not_found()
    return http_api.json_response(200, asset_json.to_json(asset, api.base_url, assets.sign_thumbnail))


@api.post("/api/v2/assets/<asset_id>/signed-url")
def sign_url(asset_id: str) -> JsonResponse:
    # Imported late, because lists, which are far more frequent, do not need it.
    from asset_api.assets.signed_url_requests import SignedUrlRequest

    owner = principals.verifier().owner(api.header("authorization"))
    request = SignedUrlRequest.from_json(api.body)
    asset = assets.catalog().get(owner, asset_id)
    if asset is None:
        raise errors.asset_not_found()
    signed = request.to_json(asset, assets.url_signer(), composition.now(), api.base_url)
    return http_api.json_response(200, signed)


@api.get("/api/v2/usage")
def show_usage() -> JsonResponse:
    # Imported late, because no other request of this function needs it.
    from asset_api.assets import usage

    owner = principals.verifier().owner(api.header("authorization"))
    usages = assets.usages()
    current = settings.current()
    shown = usage.to_json(
        usages.get(owner),
        usages.quota,
        max_upload_bytes=current.max_upload_bytes,
        uploads_per_minute=current.uploads_per_minute,
        generations_per_minute=current.generations_per_minute,
    )
    return http_api.json_response(200, shown)


@api.get("/api/v2/jobs")
def list_jobs() -> JsonResponse:
    # Imported late, because lists of assets, which are far more frequent, do not need it.
    from asset_api.jobs import job_listing

    owner = principals.verifier().owner(api.header("authorization"))
    request = job_listing.JobListRequest.from_query(api.current_event.query_string_parameters)
    page = jobs.job_pages().page(owner, request)
    return http_api.json_response(200, job_listing.page_to_json(request, page, api.base_url))


@api.get("/api/v2/jobs/<job_id>")
def show_job(job_id: str) -> JsonResponse:
    from asset_api.jobs import job_listing
    from asset_api.jobs.jobs import require

    owner = principals.verifier().owner(api.header("authorization"))
    job = require(jobs.jobs().get(owner, job_id))
    return http_api.json_response(200, {"success": True, **job_listing.to_json(job, api.base_url)})


@api.route("/api/v2/assets/<asset_id>", method=["GET", "HEAD"])
def show_missing_bytes(asset_id: str) -> JsonResponse:  # noqa: ARG001
    """Respond with the 404 when CloudFront finds no bytes of an asset in S3."""
    raise errors.asset_not_found()


@api.get(http_api.HEALTH_PATH)
def health() -> JsonResponse:
    return http_api.json_response(200, {"success": True, "status": "ok"})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, in_snapshot=(principals.verifier, assets.catalog, jobs.jobs, jobs.job_pages))
