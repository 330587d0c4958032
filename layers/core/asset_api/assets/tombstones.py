"""Tombstones of deleted assets, which never come back. Through the table's stream, they make `purge` remove the bytes.

    owner = <sub>   sk = tombstone#<asset id>   cause, expires_at (TTL, Unix seconds)
    until its last look                         in_flight, check_at, for the index InFlight

A publication that began before the delete may store its bytes after `purge` has removed them, if its request to S3 is
delayed, and crash before it sees the tombstone. So upkeep takes a last look when nothing can be stored any more.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from asset_api.assets.asset import Item, key, shard

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Cause = Literal["delete", "expiry", "erasure", "abort", "failed", "quota", "unlisted"]
# Causes for assets that were never listed: the upload was aborted, its publication failed, it exceeded the quota, or
# its owner was erased. These tombstones have no event.
NEVER_LISTED: "tuple[Cause, ...]" = ("abort", "failed", "quota", "unlisted")

SORT_KEY_PREFIX = "tombstone#"
# Longer than anything in flight: SQS and the dead-letter queues keep messages for 14 days.
KEPT_SECONDS = 30 * 24 * 3600
# No function runs longer than a quarter of an hour, and S3 refuses requests that were signed a quarter of an hour
# before ("RequestTimeTooSkewed", Amazon S3 API Reference). One minute more for a body that is still being received.
LAST_LOOK_AFTER_SECONDS = (15 + 15 + 1) * 60
SHARDS = tuple(f"tombstone#{number}" for number in range(4))


def item(owner: str, asset_id: str, cause: Cause, now: datetime) -> "dict[str, AttributeValueTypeDef]":
    """Return the tombstone of an asset that is deleted now."""
    deleted_at = int(now.timestamp())
    return {
        **item_key(owner, asset_id),
        "cause": {"S": cause},
        "expires_at": {"N": str(deleted_at + KEPT_SECONDS)},
        "in_flight": {"S": shard(SHARDS, asset_id)},
        "check_at": {"N": str(deleted_at + LAST_LOOK_AFTER_SECONDS)},
    }


def item_key(owner: str, asset_id: str) -> "dict[str, AttributeValueTypeDef]":
    """Return the key of an asset's tombstone."""
    return key(owner, SORT_KEY_PREFIX + asset_id)


def remove_from_index(dynamodb: "DynamoDBClient", table: str, owner: str, asset_id: str) -> None:
    """Remove a tombstone from the index after its last look. One call."""
    try:
        dynamodb.update_item(
            TableName=table,
            Key=item_key(owner, asset_id),
            UpdateExpression="REMOVE in_flight, check_at",
            ConditionExpression="attribute_exists(sk)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return  # expired: the index lags behind the table


def deleted_at(tombstone: Item) -> datetime:
    """Return the time of the delete: aware, UTC, to the second."""
    return datetime.fromtimestamp(int(tombstone["expires_at"]["N"]) - KEPT_SECONDS, UTC)


def cause(tombstone: Item) -> Cause:
    """Return the cause; "delete" for a tombstone of an earlier release."""
    match tombstone.get("cause", {}).get("S"):
        case "expiry" | "erasure" | "abort" | "failed" | "quota" | "unlisted" as known:
            return known
    return "delete"
