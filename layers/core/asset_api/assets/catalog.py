"""The table of assets: one partition per owner, newest last, with a tombstone for each deleted asset.

`asset` defines the items of assets, `tombstones` those of deleted ones, `usage` an owner's totals. Jobs are in the same
table, so that one transaction can write both.

IAM: dynamodb:GetItem and Query to read; BatchGetItem, ConditionCheckItem, PutItem and UpdateItem to add; BatchGetItem,
ConditionCheckItem, DeleteItem, PutItem and UpdateItem to delete; GetItem, DeleteItem, PutItem and UpdateItem to change.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asset_api.assets import asset_ids
from asset_api.assets.asset import SORT_KEY_PREFIX, Asset, Item, asset_id_of, key, tag_prefix
from asset_api.platform import errors, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from asset_api.assets.tombstones import Cause
    from asset_api.assets.usage import Quota

_TOMBSTONE = "tombstone#"
# "Amazon DynamoDB Transactions: How it works", DynamoDB developer guide.
_MAX_WRITES = 100
# Attempts at a write whose item keeps changing after it was read.
_ATTEMPTS = 8
# Attributes that a delete depends on: they must not change between its read and its write.
_READ_BY_DELETE = ("tags", "expiry", "counted")


class UnlistableError(Exception):
    """The asset is not listed, and never will be: public bytes under its id must be removed."""


class DeletedError(UnlistableError):
    """The asset has a tombstone: it never comes back. `deleted_at` is aware, UTC, to the second."""

    def __init__(self, asset_id: str, tombstone: Item) -> None:
        from asset_api.assets import tombstones

        super().__init__(asset_id)
        self.deleted_at = tombstones.deleted_at(tombstone)
        self.cause = tombstones.cause(tombstone)


class OverQuotaError(Exception):
    """The asset is not listed, because it exceeds its owner's quota."""


@dataclass(frozen=True, slots=True)
class Catalog:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    quota: "Quota | None" = None

    def get(self, owner: str, asset_id: str) -> Asset | None:
        """Return the asset, if it is this owner's and neither deleted nor expired. One strongly consistent read."""
        item = self._item(owner, asset_id)
        asset = Asset.from_item(item) if item else None
        return None if asset is None or asset.is_expired(self.clock()) else asset

    def find(self, owner: str, asset_id: str) -> Asset | None:
        """Return the asset, expired or not; None if not published. Raises DeletedError for a tombstone. One call."""
        items = self._read([key(owner, prefix + asset_id) for prefix in (SORT_KEY_PREFIX, _TOMBSTONE)])
        for item in items:
            if item["sk"]["S"].startswith(_TOMBSTONE):
                raise DeletedError(asset_id, item)
        return Asset.from_item(items[0]) if items else None

    def add(self, asset: Asset, together_with: "Sequence[TransactWriteItemTypeDef]" = ()) -> Asset:
        """Insert if absent, and count it; return the stored asset.

        One transaction, including the writes `together_with`. Raises DeletedError if the asset was deleted,
        UnlistableError if its owner was erased since or the condition of one of those writes failed, and
        OverQuotaError. In all three cases the asset is not listed.
        """
        from asset_api.assets import usage

        quota = self.quota or usage.NO_QUOTA
        if not usage.Usage().has_room(asset.size_bytes, quota):
            raise OverQuotaError(asset.asset_id)
        item: dict[str, AttributeValueTypeDef] = {**asset.to_item(), usage.COUNTED: {"BOOL": True}}
        reasons = self._write(
            [
                transactions.check_absent(self.table, key(asset.owner, _TOMBSTONE + asset.asset_id)),
                transactions.put(self.table, item, is_new=True),
                usage.increment(self.table, asset, quota),
                *(transactions.put(self.table, tag_item) for tag_item in asset.to_tag_items()),
                *together_with,
            ]
        )
        if not reasons:
            return asset
        if transactions.is_refused(reasons, 1):
            return Asset.from_item(reasons[1]["Item"])
        # DynamoDB may not report every failed condition of a transaction: the tombstone's may be missing.
        listed = self.find(asset.owner, asset.asset_id)
        if listed:
            return listed
        if transactions.is_refused(reasons, 2) and not usage.is_erased(reasons[2].get("Item", {}), asset.asset_id):
            raise OverQuotaError(asset.asset_id)
        raise UnlistableError(asset.asset_id)

    def change(
        self,
        owner: str,
        asset_id: str,
        changed: Callable[[Asset], Asset],
        together_with: "Callable[[Asset, Asset], Sequence[TransactWriteItemTypeDef]]" = lambda _before, _after: (),
    ) -> Asset | None:
        """Replace a listed asset and its index items with the result of `changed`; None if it is not listed or expired.

        Concurrent changes are not lost: `changed` is called again with the new state. The transaction includes the
        writes that `together_with` returns for the old and the new asset. Two calls, one if nothing changes.
        """
        for _ in range(_ATTEMPTS):
            item = self._item(owner, asset_id)
            before = Asset.from_item(item) if item else None
            if before is None or before.is_expired(self.clock()):
                return None
            after = changed(before)
            if after == before:
                return before
            old, new = before.to_item(), after.to_item()
            tags_removed = [tag for tag in before.tags if tag not in after.tags]
            writes: list[TransactWriteItemTypeDef] = [
                self._update_from(item or {}, old, new),
                *(transactions.delete(self.table, key(owner, tag_prefix(tag) + asset_id)) for tag in tags_removed),
                *(transactions.put(self.table, tag_item) for tag_item in after.to_tag_items()),
                *together_with(before, after),
            ]
            if not self._write(writes):
                return after
        raise errors.temporarily_unavailable("The table of assets")

    def delete(self, owner: str, asset_id: str) -> bool:
        """Replace the asset with its tombstone; return False if there is no such asset or it has expired. Two calls."""
        asset = next(self.delete_many(owner, [asset_id]), None)
        return asset is not None and not asset.is_expired(self.clock())

    def delete_many(self, owner: str, asset_ids_: Sequence[str], cause: "Cause" = "delete") -> Iterator[Asset]:
        """Replace up to a hundred assets, including expired ones, with their tombstones; yield each deleted asset.

        With `cause` "expiry", only those that have expired. One read, and a transaction for up to 49
        assets, fewer with tags. Raises the 503 if contention does not end; the assets already yielded are deleted.
        """
        pending = [asset_id for asset_id in dict.fromkeys(asset_ids_) if asset_ids.is_asset_id(asset_id)]
        for _ in range(_ATTEMPTS):
            if not pending:
                return
            items = self._read([key(owner, SORT_KEY_PREFIX + asset_id) for asset_id in pending])
            pending = []
            for batch in self._batches(self._deletable(items, cause)):
                if self._write(self._deleting(owner, batch, cause)):
                    # One of them was changed or deleted. Not every reason is reported, so all are read again.
                    pending += [asset_id_of(item["sk"]["S"]) for item in batch]
                else:
                    yield from map(Asset.from_item, batch)
        raise errors.temporarily_unavailable("The table of assets")

    def write_tombstone(self, owner: str, asset_id: str, cause: "Cause" = "delete") -> bool:
        """Write a tombstone for an unlisted asset; return False if it is listed or has a tombstone. One call."""
        from asset_api.assets import tombstones

        tombstone = tombstones.item(owner, asset_id, cause, self.clock())
        asset_key = key(owner, SORT_KEY_PREFIX + asset_id)
        return not self._write(
            [
                transactions.check_absent(self.table, asset_key),
                transactions.put(self.table, tombstone, is_new=True),
            ]
        )

    def _deletable(self, items: Sequence[Item], cause: "Cause") -> list[Item]:
        if cause != "expiry":
            return list(items)
        # The expiry may have changed since the asset was found in the index.
        return [item for item in items if Asset.from_item(item).is_expired(self.clock())]

    def _batches(self, items: Sequence[Item]) -> Iterator[list[Item]]:
        """Divide the assets into transactions, each for its assets' items, tombstones and tags, and for the usage."""
        batch: list[Item] = []
        writes = 1
        for item in items:
            own = 2 + len(item.get("tags", {}).get("L", ()))
            if writes + own > _MAX_WRITES:
                yield batch
                batch, writes = [], 1
            batch.append(item)
            writes += own
        if batch:
            yield batch

    def _deleting(self, owner: str, batch: Sequence[Item], cause: "Cause") -> "list[TransactWriteItemTypeDef]":
        from asset_api.assets import tombstones, usage

        writes: list[TransactWriteItemTypeDef] = []
        for item in batch:
            asset_id = asset_id_of(item["sk"]["S"])
            asset, now = Asset.from_item(item), self.clock()
            tombstone = tombstones.item(owner, asset_id, "expiry" if asset.is_expired(now) else cause, now)
            delete: Any = transactions.delete(self.table, key(owner, item["sk"]["S"]))
            delete["Delete"] |= transactions.if_unchanged(item, _READ_BY_DELETE)
            tag_keys = [key(owner, tag_prefix(tag) + asset_id) for tag in asset.tags]
            writes += [delete, transactions.put(self.table, tombstone)]
            writes += [transactions.delete(self.table, tag_key) for tag_key in tag_keys]
        return writes + usage.decrement(self.table, owner, batch)

    def _item(self, owner: str, asset_id: str) -> Item | None:
        if not asset_ids.is_asset_id(asset_id):  # DynamoDB refuses keys of more than 1 KB
            return None
        response = self.dynamodb.get_item(
            TableName=self.table, Key=key(owner, SORT_KEY_PREFIX + asset_id), ConsistentRead=True
        )
        return response.get("Item")

    def _read(self, keys: "Sequence[dict[str, AttributeValueTypeDef]]") -> Sequence[Item]:
        response = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if response["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of assets")
        return response["Responses"].get(self.table, [])

    def _write(self, writes: "Sequence[TransactWriteItemTypeDef]") -> Sequence[Any]:
        return transactions.write(self.dynamodb, writes, sleep=self.sleep)

    def _update_from(self, item: Item, old: Item, new: Item) -> "TransactWriteItemTypeDef":
        """Build the update from `old` to `new`, on condition that the asset has not changed since the read."""
        known = [name for name in {**item, **old, **new} if name not in ("owner", "sk")]
        names = [name for name in known if old.get(name) != new.get(name)]
        kept = {name: new[name] for name in names if name in new}
        sets = ", ".join(f"#{name} = :new_{name}" for name in kept)
        removes = ", ".join(f"#{name}" for name in names if name not in new)
        update: Any = transactions.if_unchanged(item, known)
        update["UpdateExpression"] = (f"SET {sets} " if sets else "") + (f"REMOVE {removes}" if removes else "")
        update["ExpressionAttributeValues"] |= {f":new_{name}": value for name, value in kept.items()}
        update |= {"TableName": self.table, "Key": {"owner": item["owner"], "sk": item["sk"]}}
        return {"Update": update}


def tombstone_asset_id(sort_key: str) -> str:
    """Return the asset id in a tombstone's sort key."""
    return asset_id_of(sort_key)
