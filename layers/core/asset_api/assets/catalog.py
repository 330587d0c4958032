"""The table of assets: one partition per owner, newest last, with a tombstone for each deleted asset.

    owner = <sub>   sk = asset#<asset id>       an `Asset`
    owner = <sub>   sk = tombstone#<asset id>   expires_at (TTL, Unix seconds)

The jobs that generate assets are kept in the same table, so that one transaction reaches both: `jobs`.

IAM: dynamodb:GetItem and Query to read; BatchGetItem, ConditionCheckItem and PutItem to add; DeleteItem and PutItem to
delete.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from asset_api.assets import asset_ids
from asset_api.assets.asset import SORT_KEY_PREFIX, Asset, Item, key
from asset_api.platform import errors, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

_TOMBSTONE = "tombstone#"
_ABSENT = "attribute_not_exists(sk)"
# Longer than anything in flight: SQS and the dead-letter queues keep messages for 14 days.
TOMBSTONE_SECONDS = 30 * 24 * 3600


class UnlistableError(Exception):
    """The asset is not listed, and never will be: public bytes under its id have to be removed."""


class DeletedError(UnlistableError):
    """The asset has a tombstone: it never comes back. `deleted_at` is aware, UTC, to the second."""

    def __init__(self, asset_id: str, deleted_at: datetime) -> None:
        super().__init__(asset_id)
        self.deleted_at = deleted_at


@dataclass(frozen=True, slots=True)
class Catalog:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def get(self, owner: str, asset_id: str) -> Asset | None:
        """The asset, if it is this owner's and not deleted. One strongly consistent read."""
        if not asset_ids.is_asset_id(asset_id):  # DynamoDB refuses keys of more than 1 KB
            return None
        answer = self.dynamodb.get_item(
            TableName=self.table, Key=key(owner, SORT_KEY_PREFIX + asset_id), ConsistentRead=True
        )
        return Asset.from_item(answer["Item"]) if "Item" in answer else None

    def find(self, owner: str, asset_id: str) -> Asset | None:
        """The asset, or None if it is not published yet. Raises DeletedError for a tombstone. One call."""
        keys = [key(owner, prefix + asset_id) for prefix in (SORT_KEY_PREFIX, _TOMBSTONE)]
        answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if answer["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of assets")
        items = answer["Responses"].get(self.table, [])
        for item in items:
            if item["sk"]["S"].startswith(_TOMBSTONE):
                raise DeletedError(asset_id, _deleted_at(item))
        return Asset.from_item(items[0]) if items else None

    def add(self, asset: Asset, together_with: "Sequence[TransactWriteItemTypeDef]" = ()) -> Asset:
        """Insert if absent; return the stored asset.

        One transaction with the writes `together_with`. Raises DeletedError if the asset was deleted, and
        UnlistableError if the condition of one of those writes failed and the asset is not listed.
        """
        reasons = transactions.write(
            self.dynamodb,
            [
                {
                    "ConditionCheck": {
                        "TableName": self.table,
                        "Key": key(asset.owner, _TOMBSTONE + asset.asset_id),
                        "ConditionExpression": _ABSENT,
                    }
                },
                {
                    "Put": {
                        "TableName": self.table,
                        "Item": asset.to_item(),
                        "ConditionExpression": _ABSENT,
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
                *together_with,
            ],
            sleep=self.sleep,
        )
        if transactions.is_refused(reasons, 0):
            raise UnlistableError(asset.asset_id)
        if transactions.is_refused(reasons, 1):
            return Asset.from_item(reasons[1]["Item"])
        if reasons:
            # A transaction need not report every failed condition.
            listed = self.find(asset.owner, asset.asset_id)
            if listed is None:
                raise UnlistableError(asset.asset_id)
            return listed
        return asset

    def delete(self, owner: str, asset_id: str) -> bool:
        """Replace the asset by its tombstone, in one transaction. False if there is no such asset."""
        if not asset_ids.is_asset_id(asset_id):
            return False
        reasons = transactions.write(
            self.dynamodb,
            [
                {
                    "Delete": {
                        "TableName": self.table,
                        "Key": key(owner, SORT_KEY_PREFIX + asset_id),
                        "ConditionExpression": "attribute_exists(sk)",
                    }
                },
                {"Put": {"TableName": self.table, "Item": self._tombstone(owner, asset_id)}},
            ],
            sleep=self.sleep,
        )
        return not transactions.is_refused(reasons, 0)

    def bury(self, owner: str, asset_id: str) -> bool:
        """Write the tombstone of an asset that need not be listed, in one transaction. False where it has one."""
        reasons = transactions.write(
            self.dynamodb,
            [
                # It may be listed at this very moment.
                {"Delete": {"TableName": self.table, "Key": key(owner, SORT_KEY_PREFIX + asset_id)}},
                {
                    "Put": {
                        "TableName": self.table,
                        "Item": self._tombstone(owner, asset_id),
                        "ConditionExpression": _ABSENT,
                    }
                },
            ],
            sleep=self.sleep,
        )
        return not transactions.is_refused(reasons, 1)

    def _tombstone(self, owner: str, asset_id: str) -> "dict[str, AttributeValueTypeDef]":
        expires_at = int(self.clock().timestamp()) + TOMBSTONE_SECONDS
        return {**key(owner, _TOMBSTONE + asset_id), "expires_at": {"N": str(expires_at)}}


def _deleted_at(tombstone: Item) -> datetime:
    return datetime.fromtimestamp(int(tombstone["expires_at"]["N"]) - TOMBSTONE_SECONDS, UTC)


def tombstone_asset_id(sort_key: str) -> str:
    """The asset id of a tombstone's sort key."""
    return sort_key.removeprefix(_TOMBSTONE)
