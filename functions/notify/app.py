"""Deliver events to webhook receivers: one attempt per message of their queues."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api.composition import events
from asset_api.events.webhook_queues import QueuedEvent
from asset_api.platform import aws, cold_start, remaining_time

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def notify(record: SQSRecord) -> None:
    """Make one attempt. An undelivered event stays in its queue until it is due again."""
    event = QueuedEvent.from_record(record.raw_event)
    logger.set_correlation_id(event.event_id)
    events.webhook_deliveries().deliver(event)


def handler(event: dict[str, Any], context: Any) -> Any:
    with remaining_time.of(context):
        return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)


cold_start.end(aws.sqs, events.webhook_deliveries)
