"""Removes what was deleted: tombstones, by way of the table's stream."""

from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api import composition
from asset_api.assets.catalog import tombstone_asset_id
from asset_api.platform import aws, cold_start, deadlines
from asset_api.publishing import purging

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> None:
    """Purge a batch; where one asset fails, the others are done all the same, and all of it comes again."""
    logger.set_correlation_id(context.aws_request_id)
    asset_ids = [tombstone_asset_id(record["dynamodb"]["Keys"]["sk"]["S"]) for record in event["Records"]]
    failures: list[Exception] = []
    purged: list[str] = []
    with deadlines.of(context):
        for asset_id in asset_ids:
            try:
                purging.remove_bytes(asset_id, composition.incoming_bucket(), composition.assets_bucket())
            except (BotoCoreError, ClientError) as error:
                logger.exception("not purged yet", extra={"asset_id": asset_id})
                failures.append(error)
            else:
                purged.append(asset_id)
        composition.invalidator().invalidate(purged)
    logger.info("purged", extra={"asset_ids": purged})
    if failures:
        raise failures[0]


cold_start.end(aws.s3)
