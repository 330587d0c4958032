"""POST /api/v2/webhooks/replicate: put each signed webhook of an ended prediction into the queue of `ingest`."""

from typing import Any

from asset_api.composition import generation, jobs
from asset_api.generation import webhooks
from asset_api.platform import aws, cold_start, http_api
from asset_api.platform.http_api import HttpApi, JsonResponse

api = HttpApi()


@api.post("/api/v2/webhooks/replicate")
def prediction_ended() -> JsonResponse:
    generation.webhook_verifier().verify(
        api.body,
        message_id=api.header("webhook-id"),
        timestamp=api.header("webhook-timestamp"),
        signatures=api.header("webhook-signature"),
    )
    # Duplicates are queued again, because ingestion is idempotent.
    jobs.ingest_queue().send(webhooks.ended_prediction(api.body, api.current_event.query_string_parameters))
    return http_api.json_response(200, {"success": True})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.sqs, generation.webhook_verifier)
