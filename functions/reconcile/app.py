"""Every minute: looks after the jobs whose webhook has not come, and ends those whose time is up."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from asset_api import composition
from asset_api.generation.ingest_queue import IngestQueue
from asset_api.generation.prediction_orders import PredictionOrders
from asset_api.generation.reconciliation import Reconciliation
from asset_api.generation.replicate import Replicate
from asset_api.platform import aws, cold_start, deadlines, settings

logger = Logger()


@cache
def reconciliation() -> Reconciliation:
    current = settings.current()
    provider = Replicate(current.replicate_api_token, current.replicate_base_url)
    return Reconciliation(
        jobs=composition.jobs(),
        orders=PredictionOrders(composition.jobs(), provider),
        queue=IngestQueue(aws.sqs(), current.ingest_queue_url),
    )


def handler(_event: dict[str, Any], context: Any) -> None:
    logger.set_correlation_id(context.aws_request_id)
    with deadlines.of(context):
        looked_at = reconciliation().run(lambda: context.get_remaining_time_in_millis() / 1000)
    logger.info("reconciled", extra={"jobs": looked_at})


cold_start.end(aws.dynamodb)
