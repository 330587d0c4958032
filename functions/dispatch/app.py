"""Send the events of the assets table's stream, and request the renditions of published assets."""

from typing import Any

from aws_lambda_powertools import Logger

from asset_api.composition import events
from asset_api.platform import aws, cold_start, remaining_time

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> None:
    """Dispatch a batch. A failed batch is delivered again, in halves; receivers recognize repeated events by id."""
    logger.set_correlation_id(context.aws_request_id)
    with remaining_time.of(context):
        events.dispatcher().dispatch(event["Records"])


cold_start.end(aws.sqs, events.dispatcher)
