"""POST /api/v2/webhooks/replicate: signed webhooks of predictions that have ended, into the queue of `ingest`."""

from functools import cache
from typing import Any

from asset_api import composition
from asset_api.generation import webhooks
from asset_api.generation.ingest_queue import IngestQueue
from asset_api.generation.webhook_signatures import WebhookVerifier
from asset_api.platform import aws, cold_start, http_api, settings
from asset_api.platform.http_api import HttpApi, JsonResponse

api = HttpApi()


@cache
def verifier() -> WebhookVerifier:
    return WebhookVerifier(settings.current().replicate_webhook_secret, composition.now)


@cache
def queue() -> IngestQueue:
    return IngestQueue(aws.sqs(), settings.current().ingest_queue_url)


@api.post("/api/v2/webhooks/replicate")
def prediction_ended() -> JsonResponse:
    verifier().verify(
        api.body,
        message_id=api.header("webhook-id"),
        timestamp=api.header("webhook-timestamp"),
        signatures=api.header("webhook-signature"),
    )
    # A repeat is queued again: ingesting a prediction twice does no more than once.
    queue().send(webhooks.ended_prediction(api.body, api.current_event.query_string_parameters))
    return http_api.json_response(200, {"success": True})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return api.resolve(event, context)


cold_start.end(aws.sqs)
