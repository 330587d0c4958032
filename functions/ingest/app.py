"""Turn jobs' outputs into assets, and erase owners, for messages from `webhook`, `reconcile` and requests."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api.composition import erasures, generation, imports
from asset_api.jobs.ingest_queue import CORRELATION_ID, ReadyJob
from asset_api.platform import aws, cold_start, remaining_time

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def ingest(record: SQSRecord) -> None:
    """Process one job. Only AWS failures return its message to the queue; `reconcile` retries the rest."""
    correlation_id = record.message_attributes[CORRELATION_ID]
    logger.set_correlation_id(correlation_id.string_value if correlation_id else record.message_id)
    ready = ReadyJob.from_json(record.body)
    match ready.kind:
        case "generation":
            generation.ingestion().ingest(ready)
        case "import":
            imports.import_ingestion().ingest(ready)
        case "erasure":
            erasures.passes().run(ready)


def handler(event: dict[str, Any], context: Any) -> Any:
    with remaining_time.of(context):
        return process_partial_response(event=event, record_handler=ingest, processor=processor, context=context)


cold_start.end(aws.dynamodb, aws.s3_for_large_files, generation.ingestion)
