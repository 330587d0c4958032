"""Publish files from the incoming bucket, for S3 events through EventBridge and SQS."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api.composition import publishing
from asset_api.platform import aws, cold_start, remaining_time
from asset_api.publishing import arrival_events

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def publish(record: SQSRecord) -> None:
    """Publish one file. After any failure but a refusal, SQS delivers the event again."""
    arrival_events.publish_message(record.body, publishing.arrival_events())


def handler(event: dict[str, Any], context: Any) -> Any:
    with remaining_time.of(context):
        return process_partial_response(event=event, record_handler=publish, processor=processor, context=context)


cold_start.end(aws.dynamodb, aws.s3, publishing.arrival_events)
