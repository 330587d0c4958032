"""Each owner's number of assets and bytes: exact, because the transactions that list and delete assets change them.

    owner = <sub>   sk = usage      assets, bytes, erased_before? (Unix milliseconds), expires_at? (after an erasure)

An asset's item says whether it was counted. Assets of earlier releases are not, until `Usages.count` counts them.

IAM: dynamodb:UpdateItem to count and to forbid, GetItem to read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from asset_api.assets import asset_ids
from asset_api.assets.asset import SORT_KEY_PREFIX, Asset, Item, key
from asset_api.platform import errors, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

SORT_KEY = "usage"
COUNTED = "counted"
_NAMES = {"#assets": "assets", "#bytes": "bytes"}


class Quota(NamedTuple):
    """Limits on an owner's assets; None for no limit."""

    max_assets: int | None = None
    max_bytes: int | None = None


NO_QUOTA = Quota()


class Usage(NamedTuple):
    assets: int = 0
    bytes: int = 0

    @classmethod
    def from_item(cls, item: Item) -> Self:
        return cls(*(int(item[name]["N"]) if name in item else 0 for name in cls._fields))

    def has_room(self, size_bytes: int, quota: Quota) -> bool:
        """Tell whether one more asset of this size is within the quota."""
        return (quota.max_assets is None or self.assets < quota.max_assets) and (
            quota.max_bytes is None or self.bytes + size_bytes <= quota.max_bytes
        )


def increment(table: str, asset: Asset, quota: Quota) -> "TransactWriteItemTypeDef":
    """Build the write that counts the asset, if the quota has room and no erasure came after its id was minted.

    Callers have checked that the asset alone does not exceed the quota.
    """
    conditions = ["attribute_not_exists(erased_before) OR erased_before < :minted"]
    values = {":minted": asset_ids.issued_at_ms(asset.asset_id)}
    if quota.max_assets is not None:
        conditions.append("attribute_not_exists(#assets) OR #assets < :max_assets")
        values[":max_assets"] = quota.max_assets
    if quota.max_bytes is not None:
        conditions.append("attribute_not_exists(#bytes) OR #bytes <= :most")
        values[":most"] = quota.max_bytes - asset.size_bytes
    # After an erasure the item expires, unless its owner lists another asset.
    update = _update(table, asset.owner, 1, asset.size_bytes, values, "REMOVE expires_at")
    update["ConditionExpression"] = " AND ".join(f"({condition})" for condition in conditions)
    update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {"Update": update}


def decrement(table: str, owner: str, deleted: Iterable[Item]) -> "list[TransactWriteItemTypeDef]":
    """Build the write that subtracts deleted assets; empty if none of them was counted."""
    sizes = [int(item["size_bytes"]["N"]) for item in deleted if COUNTED in item]
    return [{"Update": _update(table, owner, -len(sizes), -sum(sizes), {})}] if sizes else []


def is_erased(item: Item, asset_id: str) -> bool:
    """Tell from the usage item whether an erasure came after the asset's id was minted."""
    return "erased_before" in item and int(item["erased_before"]["N"]) >= asset_ids.issued_at_ms(asset_id)


@dataclass(frozen=True, slots=True)
class Usages:
    dynamodb: "DynamoDBClient"
    table: str
    quota: Quota

    def get(self, owner: str) -> Usage:
        """Return the owner's usage. One strongly consistent read."""
        found = self.dynamodb.get_item(TableName=self.table, Key=key(owner, SORT_KEY), ConsistentRead=True)
        return Usage.from_item(found.get("Item", {}))

    def require_room(self, owner: str, size_bytes: int) -> None:
        """Raise the 403 if one more asset of this size would exceed the quota. No call without a quota."""
        if self.quota != NO_QUOTA and not self.get(owner).has_room(size_bytes, self.quota):
            raise errors.quota_exceeded(*self.quota)

    def forbid_before(self, owner: str, erased_before_ms: int, expires_at: int) -> None:
        """Forbid listing assets whose id was minted up to this time (Unix milliseconds).

        DynamoDB's TTL removes the item at `expires_at` (Unix seconds), unless something is listed for the owner later.
        An earlier erasure's time never replaces a later one's. One call.
        """
        try:
            transactions.update(
                self.dynamodb,
                TableName=self.table,
                Key=key(owner, SORT_KEY),
                UpdateExpression="SET erased_before = :before, expires_at = :expires_at",
                ConditionExpression="attribute_not_exists(erased_before) OR erased_before < :before",
                ExpressionAttributeValues={
                    ":before": {"N": str(erased_before_ms)},
                    ":expires_at": {"N": str(expires_at)},
                },
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # a later erasure, or a retry of this one

    def count(self, item: Item) -> bool:
        """Count an asset of an earlier release by its item; return False if it was counted already.

        Safe against concurrent changes. One transaction; none for an item that says it was counted.
        """
        if COUNTED in item:
            return False
        owner, size_bytes = item["owner"]["S"], int(item["size_bytes"]["N"])
        mark: Any = {
            "TableName": self.table,
            "Key": {"owner": item["owner"], "sk": item["sk"]},
            "UpdateExpression": f"SET {COUNTED} = :true",
            "ConditionExpression": f"attribute_exists(sk) AND attribute_not_exists({COUNTED})",
            "ExpressionAttributeValues": {":true": {"BOOL": True}},
        }
        assert item["sk"]["S"].startswith(SORT_KEY_PREFIX)  # noqa: S101  index items are not counted
        update = _update(self.table, owner, 1, size_bytes, {})
        return not transactions.write(self.dynamodb, [{"Update": mark}, {"Update": update}])


def to_json(
    usage: Usage,
    quota: Quota,
    *,
    max_upload_bytes: int,
    uploads_per_minute: int,
    generations_per_minute: int,
) -> dict[str, Any]:
    """Return the body of the usage's 200, with the limits of this deployment."""
    return {
        "success": True,
        "assets": usage.assets,
        "bytes": usage.bytes,
        "limits": {
            "max_upload_bytes": max_upload_bytes,
            "uploads_per_minute": uploads_per_minute,
            "generations_per_minute": generations_per_minute,
            "max_bytes": quota.max_bytes,
            "max_assets": quota.max_assets,
        },
    }


def _update(table: str, owner: str, assets: int, size_bytes: int, values: dict[str, int], more: str = "") -> Any:
    values = {**values, ":assets": assets, ":bytes": size_bytes}
    return {
        "TableName": table,
        "Key": key(owner, SORT_KEY),
        "UpdateExpression": f"ADD #assets :assets, #bytes :bytes {more}".strip(),
        "ExpressionAttributeNames": _NAMES,
        "ExpressionAttributeValues": {name: {"N": str(value)} for name, value in values.items()},
    }
