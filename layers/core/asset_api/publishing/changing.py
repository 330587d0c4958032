"""Changes of a published asset: in the catalog first, then in the headers that S3 keeps with its bytes.

    owner = <sub>   sk = change#<asset id>      in_flight, check_at, for the index InFlight; applied?

This item is written in the transaction of a change that headers have to follow, and again once they have: then `purge`
invalidates the copies at CloudFront. Whoever changes an asset rewrites the headers at once, and starts again where
another change or a delete has come in between. Such a process may die at any point, and may have died after others went
on; so once none can be alive, `finish` compares the headers with the catalog, and only then the item goes.

IAM: what changing in the catalog needs; dynamodb:ConditionCheckItem and PutItem; s3:GetObject, PutObject and
DeleteObject on `api/v2/assets/*`, and s3:ListBucket. To finish, dynamodb:GetItem, BatchGetItem and DeleteItem too.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asset_api.assets.asset import Asset, key, shard
from asset_api.assets.catalog import DeletedError
from asset_api.platform import errors, transactions
from asset_api.publishing.assets_bucket import AssetsBucket, NotStoredError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from asset_api.assets.catalog import Catalog

SORT_KEY_PREFIX = "change#"
SHARDS = tuple(f"change#{number}" for number in range(4))
# Longer than any request lives.
FINISH_AFTER_SECONDS = 40
_ATTEMPTS = 8
# What the headers say of an asset.
_SERVED = ("filename", "expiry")


@dataclass(frozen=True, slots=True)
class Changer:
    catalog: "Catalog"
    bucket: AssetsBucket
    clock: Callable[[], datetime]

    def change(self, owner: str, asset_id: str, changed: Callable[[Asset], Asset], *, serves: bool) -> Asset:
        """Change a listed asset; with `serves`, also what its bytes are served with.

        Repeating it ends in the same state. Raises the 404. Two calls; with `serves` five, three where the headers are
        as they should be.
        """
        asset = self.catalog.change(owner, asset_id, changed, self._outbox)
        if asset is None:
            raise errors.asset_not_found()
        return self._serve(asset) if serves else asset

    def finish(self, owner: str, asset_id: str) -> None:
        """See to it that a change has its effect, once the process that made it cannot be alive."""
        item_key = key(owner, SORT_KEY_PREFIX + asset_id)
        item = self.catalog.dynamodb.get_item(TableName=self.catalog.table, Key=item_key, ConsistentRead=True)
        if "Item" not in item:
            return
        try:
            asset = self.catalog.find(owner, asset_id)
        except DeletedError:
            asset = None
        if asset is None:
            # What was copied onto itself while it was deleted may have come back.
            self.bucket.remove(asset_id)
        elif self._rewrite_headers(asset) or "applied" not in item["Item"]:
            self._confirm(asset)
            return  # looked at once more, as CloudFront has to hear of it
        self._forget(owner, asset_id, item["Item"]["check_at"]["N"])

    def _serve(self, asset: Asset) -> Asset:
        for _ in range(_ATTEMPTS):
            if not self._rewrite_headers(asset) or self._confirm(asset):
                return asset
            # Changed, expired or deleted meanwhile.
            current = self.catalog.get(asset.owner, asset.asset_id)
            if current is None:
                self.bucket.remove(asset.asset_id)
                raise errors.asset_not_found()
            asset = current
        raise errors.temporarily_unavailable("The table of assets")

    def _rewrite_headers(self, asset: Asset) -> bool:
        try:
            return self.bucket.rewrite_headers(asset)
        except NotStoredError:
            return True  # deleted, as `_confirm` finds

    def _outbox(self, before: Asset, after: Asset) -> "list[TransactWriteItemTypeDef]":
        if all(getattr(before, name) == getattr(after, name) for name in _SERVED):
            return []
        return [self._item(after, applied=False)]

    def _confirm(self, asset: Asset) -> bool:
        """Have CloudFront's copies invalidated, if the asset is listed as it was. One transaction."""
        check: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self.catalog.table,
                "Key": key(asset.owner, asset.to_item()["sk"]["S"]),
                **transactions.unchanged(asset.to_item(), _SERVED),  # type: ignore[typeddict-item]
            }
        }
        return not transactions.write(self.catalog.dynamodb, [check, self._item(asset, applied=True)])

    def _item(self, asset: Asset, *, applied: bool) -> "TransactWriteItemTypeDef":
        check_at = int(self.clock().timestamp()) + FINISH_AFTER_SECONDS
        item = {
            **key(asset.owner, SORT_KEY_PREFIX + asset.asset_id),
            "in_flight": {"S": shard(SHARDS, asset.asset_id)},
            "check_at": {"N": str(check_at)},
        }
        if applied:
            # Another value each time: the stream leaves out writes that change nothing.
            item["applied"] = {"S": secrets.token_hex(8)}
        return transactions.put(self.catalog.table, item)

    def _forget(self, owner: str, asset_id: str, check_at: str) -> None:
        """Delete the item, unless another change has written it since."""
        delete: Any = transactions.delete(self.catalog.table, key(owner, SORT_KEY_PREFIX + asset_id))
        delete["Delete"] |= {
            "ConditionExpression": "check_at = :check_at",
            "ExpressionAttributeValues": {":check_at": {"N": check_at}},
        }
        transactions.write(self.catalog.dynamodb, [delete])
