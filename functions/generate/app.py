"""POST /api/v2/generate and POST /api/v2/jobs/{job_id}/cancel."""

from functools import cache
from typing import Any

from asset_api import composition
from asset_api.generation import job_listing, requests
from asset_api.generation.generations import Generations
from asset_api.generation.prediction_orders import PredictionOrders
from asset_api.generation.replicate import Replicate
from asset_api.platform import aws, cold_start, http_api, settings
from asset_api.platform.http_api import HttpApi, JsonResponse
from asset_api.platform.idempotency import IdempotencyKeys
from asset_api.platform.rate_limits import GENERATIONS, RateLimiter

api = HttpApi()


@cache
def generations() -> Generations:
    current = settings.current()
    provider = Replicate(current.replicate_api_token, current.replicate_base_url)
    return Generations(
        jobs=composition.jobs(),
        orders=PredictionOrders(composition.jobs(), provider),
        assets=composition.assets_bucket(),
        limiter=RateLimiter(GENERATIONS, aws.dynamodb(), current.requests_table, composition.now),
        idempotency_keys=IdempotencyKeys(aws.dynamodb(), current.requests_table, composition.now),
        asset_id_salt=current.asset_id_salt,
        deadline_seconds=current.job_deadline_seconds,
        clock=composition.now,
    )


@api.post("/api/v2/generate")
def generate() -> JsonResponse:
    owner = composition.verifier().owner(api.header("authorization"))
    request = requests.parse(api.body)
    response = generations().start(owner, request, base_url=api.base_url, idempotency_key=api.header("idempotency-key"))
    location = f"{api.base_url}/api/v2/jobs/{response.body['job_id']}"
    return http_api.json_response(202, response.body, {"Location": location, **response.headers})


@api.post("/api/v2/jobs/<job_id>/cancel")
def cancel_job(job_id: str) -> JsonResponse:
    owner = composition.verifier().owner(api.header("authorization"))
    job = generations().cancel(owner, job_id)
    return http_api.json_response(200, {"success": True, **job_listing.to_json(job, api.base_url)})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.dynamodb, in_snapshot=(composition.verifier, generations))
