"""Publish large files from the incoming bucket, for S3 events through EventBridge and SQS."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api.composition import publishing
from asset_api.platform import aws, cold_start, remaining_time, settings
from asset_api.publishing import arrival_events, deferred_publication

# The pause after an AWS failure. After a crash, the queue's visibility timeout applies.
RETRY_SECONDS = 30

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def assemble(record: SQSRecord) -> None:
    """Publish one large file. Any failure but a refusal is retried soon."""
    is_last = int(record.attributes.approximate_receive_count) >= deferred_publication.ATTEMPTS
    try:
        arrival_events.publish_message(record.body, publishing.large_arrival_events(), is_last=is_last)
    except Exception:
        _retry_soon(record)
        raise


def _retry_soon(record: SQSRecord) -> None:
    aws.sqs().change_message_visibility(
        QueueUrl=settings.current().large_files_queue_url,
        ReceiptHandle=record.receipt_handle,
        VisibilityTimeout=RETRY_SECONDS,
    )


def handler(event: dict[str, Any], context: Any) -> Any:
    with remaining_time.of(context):
        return process_partial_response(event=event, record_handler=assemble, processor=processor, context=context)


cold_start.end(aws.dynamodb, aws.s3_for_large_files, publishing.large_arrival_events)
