"""Purge the bytes of deleted assets, and CloudFront's copies of deleted and changed ones, for the table's stream."""

from typing import Any

from aws_lambda_powertools import Logger

from asset_api.assets.asset import asset_id_of
from asset_api.assets.catalog import tombstone_asset_id
from asset_api.composition import publishing
from asset_api.platform import aws, cold_start, remaining_time
from asset_api.publishing import purging

# The prefix in `publishing.changing`, which is not imported because that would slow down cold starts.
CHANGE = "change#"

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> None:
    """Purge a batch. If one asset fails, the others are still purged, and the batch is delivered again."""
    logger.set_correlation_id(context.aws_request_id)
    sort_keys = [record["dynamodb"]["Keys"]["sk"]["S"] for record in event["Records"]]
    asset_ids = [tombstone_asset_id(sort_key) for sort_key in sort_keys if not sort_key.startswith(CHANGE)]
    changed = [asset_id_of(sort_key) for sort_key in sort_keys if sort_key.startswith(CHANGE)]
    with remaining_time.of(context):
        purged, failures = purging.purge(asset_ids, publishing.incoming_bucket(), publishing.assets_bucket())
        publishing.invalidator().invalidate(purged + changed, [record["eventID"] for record in event["Records"]])
    logger.info("purged", extra={"asset_ids": purged, "changed": changed})
    if failures:
        raise failures[0]


cold_start.end(aws.s3)
