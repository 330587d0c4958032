"""Changes of a published asset: in the catalog first, then in the headers that S3 keeps with its bytes.

    owner = <sub>   sk = change#<asset id>      in_flight, check_at, for the index InFlight; copying?, applied?, moves?

The transaction of a change that the bytes have to follow adds its request to `copying`. The request then rewrites the
headers, starts again where another change or a delete has come in between, and takes itself out of `copying` once they
say what the catalog says: then `purge` invalidates the copies at CloudFront. A request may die at any point, and may
have died after others went on. It is then still in `copying` when none can be alive: `finish` does what is left in
its place, and deletes the item once nobody is left.

A change of visibility moves the bytes from one key to another. Another request that copies them at the same time could
bring them back to where they were, so it begins only when `copying` is empty, and whatever begins later finds the new
visibility in the catalog. `finish` looks for what was left at the other key once more, since a publication that began
before the change may have stored it.

IAM: what changing in the catalog needs; dynamodb:ConditionCheckItem and UpdateItem; s3:GetObject, PutObject and
DeleteObject on `api/v2/assets/*`, and s3:ListBucket; dynamodb:Query of the leases of renditions. To finish,
dynamodb:GetItem, BatchGetItem and DeleteItem too.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from asset_api.assets.asset import Asset, Item, key, shard
from asset_api.assets.catalog import DeletedError
from asset_api.platform import deadlines, errors, transactions
from asset_api.platform.errors import ApiError
from asset_api.publishing.assets_bucket import NotStoredError
from asset_api.publishing.placing import Placer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from asset_api.assets.catalog import Catalog

SORT_KEY_PREFIX = "change#"
SHARDS = tuple(f"change#{number}" for number in range(4))
# Longer than any request lives.
FINISH_AFTER_SECONDS = 40
_ATTEMPTS = 8
# What decides where the bytes are, and with what headers.
_SERVED = ("filename", "expiry", "visibility")
_PAUSE_SECONDS = 0.25
# The pause, and time for a call of S3 and one of DynamoDB after it (`aws.attempt_seconds`).
_STEP_SECONDS = 12

Extent = Literal["catalog", "headers", "key"]
"""The extent of a change: the catalog alone, also the headers that S3 serves with the bytes, or also their key."""


@dataclass(frozen=True, slots=True)
class Changer:
    catalog: "Catalog"
    placer: Placer
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    def change(self, owner: str, asset_id: str, changed: Callable[[Asset], Asset], *, extent: Extent) -> Asset:
        """Change a listed asset as far as `extent` says.

        Repeating it ends in the same state. Raises the 404, and the 503 where others are changing it for too long. Two
        calls; for headers five, three where they are as they should be; for the key ten or more.
        """
        request_id = secrets.token_hex(8)
        written: list[Asset] = []

        def outbox(before: Asset, after: Asset) -> "list[TransactWriteItemTypeDef]":
            registration = self._outbox(request_id, before, after, extent)
            written[:] = [after] if registration else []
            return registration

        for _ in range(_ATTEMPTS):
            written.clear()
            asset = self.catalog.change(owner, asset_id, changed, outbox)
            if asset is None:
                raise errors.asset_not_found()
            is_registered = bool(written) and written[0] is asset
            if extent == "catalog" or (extent == "headers" and not is_registered and self.placer.is_served(asset)):
                return asset
            if is_registered or self._register(asset, request_id, extent, waits=True):
                return self._serve(asset, request_id, extent)
        raise errors.temporarily_unavailable("The table of assets")

    def settle(self, asset: Asset) -> None:
        """Remove what a publication has stored under the key that a listed asset had before it was changed.

        Raises the 404 where the asset was deleted meanwhile, and the 503. Some ten calls.
        """
        request_id = secrets.token_hex(8)
        for _ in range(_ATTEMPTS):
            if self._register(asset, request_id, "key", waits=True):
                self._serve(asset, request_id, "key")
                return
            current = self.catalog.get(asset.owner, asset.asset_id)
            if current is None:
                self.placer.bucket.remove(asset.asset_id)
                raise errors.asset_not_found()
            asset = current
        raise errors.temporarily_unavailable("The table of assets")

    def finish(self, owner: str, asset_id: str) -> None:
        """See to it that a change has its effect, once the process that made it cannot be alive."""
        item = self._item(owner, asset_id)
        if item is None:
            return
        try:
            asset = self.catalog.find(owner, asset_id)
        except DeletedError:
            asset = None
        if asset is None:
            # What was copied while it was deleted may have come back.
            self.placer.bucket.remove(asset_id)
            self._forget(owner, asset_id, "check_at = :known", item["check_at"])
        else:
            self._finish(asset, item)

    def _finish(self, asset: Asset, item: Item) -> None:
        request_id = secrets.token_hex(8)
        own: AttributeValueTypeDef = {"SS": [request_id]}
        extent: Extent = "key" if "moves" in item else "headers"
        if not self._register(asset, request_id, extent):
            return  # being changed
        if self._place(asset, extent) or "copying" in item or "applied" not in item:
            # CloudFront has to hear of it, whoever did it. Looked at once more.
            if not self._confirm(asset, "REMOVE copying", {}):
                self._write(self._update(asset, "DELETE copying :request", {":request": own}))
        else:
            self._forget(asset.owner, asset.asset_id, "copying = :known", own)

    def _serve(self, asset: Asset, request_id: str, extent: Extent) -> Asset:
        try:
            return self._follow(asset, request_id, extent)
        except ApiError:
            # Nothing is being copied any more: others need not wait. What is left undone is due, and `finish` does it.
            self._write(self._update(asset, "DELETE copying :request", {":request": {"SS": [request_id]}}))
            raise

    def _follow(self, asset: Asset, request_id: str, extent: Extent) -> Asset:
        for _ in range(_ATTEMPTS):
            self._place(asset, extent)
            if self._confirm(asset, "DELETE copying :request", {":request": {"SS": [request_id]}}):
                return asset
            # Changed, expired or deleted meanwhile.
            current = self.catalog.get(asset.owner, asset.asset_id)
            if current is None:
                self.placer.bucket.remove(asset.asset_id)
                raise errors.asset_not_found()
            asset = current
        raise errors.temporarily_unavailable("The table of assets")

    def _place(self, asset: Asset, extent: Extent) -> bool:
        try:
            return self.placer.move(asset) if extent == "key" else self.placer.rewrite_headers(asset)
        except NotStoredError:
            # Deleted, as `_confirm` finds; or on the way to another key, where its mover finds that it has changed.
            return True

    def _outbox(self, request_id: str, before: Asset, after: Asset, extent: Extent) -> "list[TransactWriteItemTypeDef]":
        if all(getattr(before, name) == getattr(after, name) for name in _SERVED):
            return []
        if extent == "key":
            self._await_others(after)
        return [self._registration(after, request_id, extent)]

    def _register(self, asset: Asset, request_id: str, extent: Extent, *, waits: bool = False) -> bool:
        """Begin to place the bytes of an asset that is as it was; false if it has changed, or others place them."""
        if waits and extent == "key":
            self._await_others(asset)
        return self._write(self._check_unchanged(asset), self._registration(asset, request_id, extent))

    def _registration(self, asset: Asset, request_id: str, extent: Extent) -> "TransactWriteItemTypeDef":
        """Add a request to those that copy the bytes. One that moves them must be the only one."""
        expression, own = "REMOVE applied ADD copying :request", {":request": {"SS": [request_id]}}
        if extent != "key":
            return self._update(asset, expression, own)
        values = {**own, ":moves": {"BOOL": True}, ":now": {"N": str(self._now)}}
        update: Any = self._update(asset, expression, values, also="moves = :moves")
        update["Update"]["ConditionExpression"] = "attribute_not_exists(copying) OR check_at <= :now"
        return update  # type: ignore[no-any-return]

    def _await_others(self, asset: Asset) -> None:
        while (item := self._item(asset.owner, asset.asset_id)) and "copying" in item:
            if int(item["check_at"]["N"]) <= self._now:
                return  # they have died
            if not deadlines.allows(_STEP_SECONDS):
                raise errors.temporarily_unavailable("The asset, which another request is changing,")
            self.sleep(_PAUSE_SECONDS)

    def _item(self, owner: str, asset_id: str) -> "Item | None":
        item_key = key(owner, SORT_KEY_PREFIX + asset_id)
        found = self.catalog.dynamodb.get_item(TableName=self.catalog.table, Key=item_key, ConsistentRead=True)
        return found.get("Item")

    def _confirm(self, asset: Asset, done: str, values: dict[str, Any]) -> bool:
        """Have CloudFront's copies invalidated, if the asset is listed as it was. One transaction."""
        # Another value each time: the stream leaves out writes that change nothing.
        applied = {":applied": {"S": secrets.token_hex(8)}}
        update = self._update(asset, done, {**values, **applied}, also="applied = :applied")
        return self._write(self._check_unchanged(asset), update)

    def _write(self, *writes: "TransactWriteItemTypeDef") -> bool:
        """Write all or, if a condition fails, nothing; false then."""
        return not transactions.write(self.catalog.dynamodb, writes)

    def _check_unchanged(self, asset: Asset) -> "TransactWriteItemTypeDef":
        item = asset.to_item()
        check: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self.catalog.table,
                "Key": key(asset.owner, item["sk"]["S"]),
                **transactions.unchanged(item, _SERVED),  # type: ignore[typeddict-item]
            }
        }
        return check

    def _update(
        self, asset: Asset, expression: str, values: dict[str, Any], *, also: str = ""
    ) -> "TransactWriteItemTypeDef":
        sets = ", ".join(filter(None, ("in_flight = :shard", "check_at = :check_at", also)))
        update: Any = {
            "TableName": self.catalog.table,
            "Key": key(asset.owner, SORT_KEY_PREFIX + asset.asset_id),
            "UpdateExpression": f"SET {sets} {expression}",
            "ExpressionAttributeValues": {
                **values,
                ":shard": {"S": shard(SHARDS, asset.asset_id)},
                ":check_at": {"N": str(self._now + FINISH_AFTER_SECONDS)},
            },
        }
        return {"Update": update}

    def _forget(self, owner: str, asset_id: str, condition: str, known: "AttributeValueTypeDef") -> None:
        """Delete the item, unless another change has written it since."""
        delete: Any = transactions.delete(self.catalog.table, key(owner, SORT_KEY_PREFIX + asset_id))
        delete["Delete"] |= {"ConditionExpression": condition, "ExpressionAttributeValues": {":known": known}}
        self._write(delete)

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())
