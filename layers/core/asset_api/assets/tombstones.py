"""Tombstones of deleted assets: they never come back, and through the table's stream `purge` removes their bytes.

owner = <sub>   sk = tombstone#<asset id>   cause, expires_at (TTL, Unix seconds)
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from asset_api.assets.asset import Item, key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Cause = Literal["delete", "expiry", "erasure", "abort", "failed", "quota", "unlisted"]
# For assets that were never listed, because their upload was aborted, their client was told that they could not be
# published, they exceeded the quota, or their owner was erased. These tombstones have no event.
NEVER_LISTED: "tuple[Cause, ...]" = ("abort", "failed", "quota", "unlisted")

SORT_KEY_PREFIX = "tombstone#"
# Longer than anything in flight: SQS and the dead-letter queues keep messages for 14 days.
KEPT_SECONDS = 30 * 24 * 3600


def item(owner: str, asset_id: str, cause: Cause, now: datetime) -> "dict[str, AttributeValueTypeDef]":
    """Return the tombstone of an asset that is deleted now."""
    expires_at = int(now.timestamp()) + KEPT_SECONDS
    return {**item_key(owner, asset_id), "cause": {"S": cause}, "expires_at": {"N": str(expires_at)}}


def item_key(owner: str, asset_id: str) -> "dict[str, AttributeValueTypeDef]":
    """Return the key of an asset's tombstone."""
    return key(owner, SORT_KEY_PREFIX + asset_id)


def deleted_at(tombstone: Item) -> datetime:
    """Return the time of the delete: aware, UTC, to the second."""
    return datetime.fromtimestamp(int(tombstone["expires_at"]["N"]) - KEPT_SECONDS, UTC)


def cause(tombstone: Item) -> Cause:
    """Return the cause; "delete" for a tombstone of an earlier release."""
    match tombstone.get("cause", {}).get("S"):
        case "expiry" | "erasure" | "abort" | "failed" | "quota" | "unlisted" as known:
            return known
    return "delete"
