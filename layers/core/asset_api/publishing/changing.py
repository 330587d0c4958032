"""Changes of a published asset: in the catalog first, then in the headers that S3 keeps with its bytes.

    owner = <sub>   sk = change#<asset id>      in_flight, check_at, for the index InFlight; copying?, applied?

The transaction of a change that headers have to follow adds its request to `copying`. The request then rewrites the
headers, starts again where another change or a delete has come in between, and takes itself out of `copying` once they
say what the catalog says: then `purge` invalidates the copies at CloudFront. A request may die at any point, and may
have died after others went on. It is then still in `copying` when none can be alive: `finish` rewrites the headers in
its place, and deletes the item once nobody is left.

IAM: what changing in the catalog needs; dynamodb:ConditionCheckItem and UpdateItem; s3:GetObject, PutObject and
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
        request_id = secrets.token_hex(8)
        asset = self.catalog.change(owner, asset_id, changed, lambda *states: self._outbox(request_id, *states))
        if asset is None:
            raise errors.asset_not_found()
        return self._serve(asset, request_id) if serves else asset

    def finish(self, owner: str, asset_id: str) -> None:
        """See to it that a change has its effect, once the process that made it cannot be alive."""
        item_key = key(owner, SORT_KEY_PREFIX + asset_id)
        found = self.catalog.dynamodb.get_item(TableName=self.catalog.table, Key=item_key, ConsistentRead=True)
        item = found.get("Item")
        if item is None:
            return
        try:
            asset = self.catalog.find(owner, asset_id)
        except DeletedError:
            asset = None
        if asset is None:
            # What was copied onto itself while it was deleted may have come back.
            self.bucket.remove(asset_id)
        elif self._rewrite_headers(asset) or "copying" in item:
            self._confirm(asset, "REMOVE copying", {})
            return  # looked at once more, as CloudFront has to hear of it
        self._forget(owner, asset_id, item["check_at"]["N"])

    def _serve(self, asset: Asset, request_id: str) -> Asset:
        for _ in range(_ATTEMPTS):
            if not self._rewrite_headers(asset) or self._confirm(
                asset, "DELETE copying :request", {":request": {"SS": [request_id]}}
            ):
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

    def _outbox(self, request_id: str, before: Asset, after: Asset) -> "list[TransactWriteItemTypeDef]":
        if all(getattr(before, name) == getattr(after, name) for name in _SERVED):
            return []
        return [self._update(after, "REMOVE applied ADD copying :request", {":request": {"SS": [request_id]}})]

    def _confirm(self, asset: Asset, done: str, values: dict[str, Any]) -> bool:
        """Have CloudFront's copies invalidated, if the asset is listed as it was. One transaction."""
        check: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self.catalog.table,
                "Key": key(asset.owner, asset.to_item()["sk"]["S"]),
                **transactions.unchanged(asset.to_item(), _SERVED),  # type: ignore[typeddict-item]
            }
        }
        # Another value each time: the stream leaves out writes that change nothing.
        applied = {":applied": {"S": secrets.token_hex(8)}}
        update = self._update(asset, done, {**values, **applied}, also="applied = :applied")
        return not transactions.write(self.catalog.dynamodb, [check, update])

    def _update(
        self, asset: Asset, expression: str, values: dict[str, Any], *, also: str = ""
    ) -> "TransactWriteItemTypeDef":
        check_at = int(self.clock().timestamp()) + FINISH_AFTER_SECONDS
        sets = ", ".join(filter(None, ("in_flight = :shard", "check_at = :check_at", also)))
        update: Any = {
            "TableName": self.catalog.table,
            "Key": key(asset.owner, SORT_KEY_PREFIX + asset.asset_id),
            "UpdateExpression": f"SET {sets} {expression}",
            "ExpressionAttributeValues": {
                **values,
                ":shard": {"S": shard(SHARDS, asset.asset_id)},
                ":check_at": {"N": str(check_at)},
            },
        }
        return {"Update": update}

    def _forget(self, owner: str, asset_id: str, check_at: str) -> None:
        """Delete the item, unless another change has written it since."""
        delete: Any = transactions.delete(self.catalog.table, key(owner, SORT_KEY_PREFIX + asset_id))
        delete["Delete"] |= {
            "ConditionExpression": "check_at = :check_at",
            "ExpressionAttributeValues": {":check_at": {"N": check_at}},
        }
        transactions.write(self.catalog.dynamodb, [delete])
