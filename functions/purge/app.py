"""Removes what was deleted: tombstones, by way of the table's stream."""

from typing import Any

from aws_lambda_powertools import Logger

from asset_api import composition
from asset_api.assets.catalog import tombstone_asset_id
from asset_api.platform import aws, cold_start, deadlines
from asset_api.publishing import purging

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> None:
    """All of a batch or, on an error, all of it again: everything here may be done twice."""
    logger.set_correlation_id(context.aws_request_id)
    asset_ids = [tombstone_asset_id(record["dynamodb"]["Keys"]["sk"]["S"]) for record in event["Records"]]
    with deadlines.of(context):
        for asset_id in asset_ids:
            purging.remove_bytes(asset_id, composition.incoming_bucket(), composition.assets_bucket())
        composition.invalidator().invalidate(asset_ids)
    logger.info("purged", extra={"asset_ids": asset_ids})


cold_start.end(aws.s3)
