"""Publish large files that arrived in the incoming bucket: S3 event, by way of EventBridge and SQS."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api.composition import publishing
from asset_api.platform import aws, cold_start, deadlines, metrics, settings
from asset_api.platform.errors import ApiError
from asset_api.publishing import arrivals

# Until the next attempt after a failure within AWS. If the process dies, the queue's visibility timeout counts.
RETRY_SECONDS = 30

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def assemble(record: SQSRecord) -> None:
    """One file. A refusal is final and ends its message; anything else that fails is tried again."""
    stored = json.loads(record.body)["detail"]
    # The request that S3 answered when the file arrived.
    logger.set_correlation_id(stored.get("request-id"))
    asset_id = arrivals.asset_id_of(stored["object"]["key"])
    if asset_id is None:
        return
    try:
        # The emulator's events lack the version.
        asset = publishing.large_arrival_events().handle(asset_id, stored["object"].get("version-id"))
    except ApiError as refusal:
        if refusal.status >= 500:
            logger.warning("not published yet", extra={"asset_id": asset_id, "reason": refusal.slug})
            _retry_soon(record)
            raise
        metrics.refused(refusal)
        logger.info("not published", extra={"asset_id": asset_id, "reason": refusal.slug})
        return
    except Exception:
        _retry_soon(record)
        raise
    if asset:
        logger.info("published", extra={"asset_id": asset_id, "bytes": asset.size_bytes, "file_type": asset.file_type})


def _retry_soon(record: SQSRecord) -> None:
    aws.sqs().change_message_visibility(
        QueueUrl=settings.current().large_files_queue_url,
        ReceiptHandle=record.receipt_handle,
        VisibilityTimeout=RETRY_SECONDS,
    )


def handler(event: dict[str, Any], context: Any) -> Any:
    with deadlines.of(context):
        return process_partial_response(event=event, record_handler=assemble, processor=processor, context=context)


cold_start.end(aws.dynamodb, aws.s3_for_large_files, publishing.large_arrival_events)
