"""Makes assets of what predictions have put out: messages of `webhook` and `reconcile`."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from asset_api import composition
from asset_api.generation.downloads import Downloader
from asset_api.generation.ingest_queue import CORRELATION_ID, EndedPrediction
from asset_api.generation.ingestion import Ingestion
from asset_api.generation.replicate import Replicate
from asset_api.platform import aws, cold_start, deadlines, settings
from asset_api.publishing import incoming_bucket
from asset_api.publishing.assets_bucket import AssetsBucket
from asset_api.publishing.incoming_bucket import IncomingBucket
from asset_api.publishing.publisher import Publisher

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def ingestion() -> Ingestion:
    current = settings.current()
    s3 = aws.s3_for_large_files()
    arrivals = IncomingBucket(s3, current.incoming_bucket, incoming_bucket.GENERATED_PREFIX)
    return Ingestion(
        jobs=composition.jobs(),
        provider=Replicate(current.replicate_api_token, current.replicate_base_url),
        downloader=Downloader(current.replicate_output_origins, current.allow_private_output),
        incoming=arrivals,
        publisher=Publisher(
            arrivals,
            AssetsBucket(s3, current.assets_bucket, current.cdn_lifetime_seconds),
            composition.catalog(),
            # Published as the model made it, with the marking that says so.
            removes_personal_metadata=False,
            max_bytes=current.generated_max_bytes,
        ),
    )


def ingest(record: SQSRecord) -> None:
    """One prediction. Only what failed within AWS is delivered again: all else is left to `reconcile`."""
    sent_by = record.message_attributes[CORRELATION_ID]
    logger.set_correlation_id(sent_by.string_value if sent_by else record.message_id)
    ingestion().ingest(EndedPrediction.of(record.body))


def handler(event: dict[str, Any], context: Any) -> Any:
    with deadlines.of(context):
        return process_partial_response(event=event, record_handler=ingest, processor=processor, context=context)


cold_start.end(aws.dynamodb, aws.s3_for_large_files)
