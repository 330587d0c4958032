"""Changes of a published asset: in the catalog first, then in the headers that S3 stores with its bytes.

    owner = <sub>   sk = change#<asset id>      in_flight, check_at, for the index InFlight;
                                                copying?, busy_until?, applied?, moves?, checked?

If a change affects the bytes' headers or key, its transaction adds the request to `copying`. The request then rewrites
the headers, starting again if another change or a delete came in between. Once the headers match the catalog, it
removes itself from `copying`, and `purge` invalidates CloudFront's copies. A request may crash at any point, and then
stays in `copying`. When it can no longer be running, `finish` completes the change, and deletes the item once
`copying` is empty.

A change of visibility moves the bytes from one key to another. Another request that copies them at the same time could
restore them under the old key. So a move begins only when `copying` is empty, or nothing in it can still be running,
and requests that begin later find the new visibility in the catalog. Each registration overwrites `check_at`, so a
quick request could set it to a time before a slower process ends. So `busy_until` holds the latest end of a move, and
of any process slower than a request. `finish` checks the old key twice more, because a publication that began before
the change may have stored bytes there: soon, and when nothing can be stored any more (`tombstones`).

IAM: the actions of changes in the catalog, and of `placing`; dynamodb:ConditionCheckItem and UpdateItem; dynamodb:Query
of the leases of renditions. For `finish` also dynamodb:GetItem, BatchGetItem and DeleteItem.
"""

import contextlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from aws_lambda_powertools import Logger

from asset_api.assets.asset import Asset, Item, key, shard
from asset_api.assets.catalog import DeletedError
from asset_api.platform import errors, transactions
from asset_api.platform.errors import ApiError
from asset_api.publishing.assets_bucket import NotStoredError, original_keys
from asset_api.publishing.placing import Placer, pause

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from asset_api.assets.catalog import Catalog

SORT_KEY_PREFIX = "change#"
SHARDS = tuple(f"change#{number}" for number in range(4))
# The time after which a registered process can no longer be running: its function's timeout and ten seconds. The first
# is for requests and events of small files.
REQUEST_SECONDS = 40
UPKEEP_SECONDS = 70
SLOW_PUBLICATION_SECONDS = 620
_ATTEMPTS = 8
# The attributes that determine the bytes' key and headers.
_SERVED = ("filename", "expiry", "visibility")

logger = Logger()

Extent = Literal["catalog", "headers", "key"]
"""The extent of a change: the catalog alone, also the headers that S3 serves with the bytes, or also their key."""


@dataclass(frozen=True, slots=True)
class Changer:
    catalog: "Catalog"
    placer: Placer
    clock: Callable[[], datetime]
    seconds: int
    """The time after which this process can no longer be running."""
    sleep: Callable[[float], None] = time.sleep

    def change(self, owner: str, asset_id: str, changed: Callable[[Asset], Asset], *, extent: Extent) -> Asset:
        """Change a listed asset. `extent` states which parts the change may affect.

        Idempotent. Raises the 404, and a 503 if other requests change the asset for too long. Two calls; for headers
        five, three if they match already; for the key ten or more.
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
            if extent == "catalog" or (extent == "headers" and not is_registered and self.placer.is_up_to_date(asset)):
                return asset
            if is_registered or self._register(asset, request_id, extent, waits=True):
                return self._apply(asset, request_id, extent)
        raise errors.temporarily_unavailable("The table of assets")

    def clear_former_key(self, asset: Asset) -> None:
        """Remove bytes that a publication stored under the key of a listed asset from before a change.

        Raises the 404 if the asset was deleted meanwhile, and the 503. About ten calls.
        """
        request_id = secrets.token_hex(8)
        for _ in range(_ATTEMPTS):
            if self._register(asset, request_id, "key", waits=True):
                self._apply(asset, request_id, "key")
                return
            current = self.catalog.get(asset.owner, asset.asset_id)
            if current is None:
                self.remove_late_bytes(asset.owner, asset.asset_id)
                raise errors.asset_not_found()
            asset = current
        raise errors.temporarily_unavailable("The table of assets")

    def finish(self, owner: str, asset_id: str) -> None:
        """Finish a change whose process can no longer be running."""
        item = self._item(owner, asset_id)
        if item is None:
            return
        try:
            asset = self.catalog.find(owner, asset_id)
        except DeletedError:
            asset = None
        if asset:
            self._finish(asset, item)
        elif self.placer.bucket.stored_keys(asset_id):
            self._remove_stored_after_delete(owner, asset_id)
        elif "applied" not in item:
            self._write(self._applied(owner, asset_id, "REMOVE copying", {}))
        else:
            self._forget(owner, asset_id, "check_at = :known", item["check_at"])

    def remove_late_bytes(self, owner: str, asset_id: str) -> bool:
        """Remove what a late publication stored for a deleted asset, and invalidate CloudFront's copies.

        Return False if no original is stored: renditions alone are left to `purge`, or to the last look. One call, five
        if there is one.
        """
        if not set(self.placer.bucket.stored_keys(asset_id)) & set(original_keys([asset_id])):
            return False
        self._remove_stored_after_delete(owner, asset_id)
        return True

    def take_last_look(self, owner: str, asset_id: str) -> bool:
        """Remove whatever was stored for a deleted asset after its purge; return False if nothing was. One call."""
        if not self.placer.bucket.stored_keys(asset_id):
            return False
        self._remove_stored_after_delete(owner, asset_id)
        return True

    def _remove_stored_after_delete(self, owner: str, asset_id: str) -> None:
        """Remove everything that is stored for a deleted asset, and invalidate CloudFront's copies."""
        # The item first: after a crash, `finish` does the rest, and finds that nothing is invalidated yet.
        self._write(self._update(owner, asset_id, "REMOVE copying, applied", {}))
        self.placer.bucket.remove_keys(self.placer.bucket.stored_keys(asset_id))
        self._write(self._applied(owner, asset_id, "REMOVE copying", {}))

    def _finish(self, asset: Asset, item: Item) -> None:
        if self._is_being_copied(item):
            return
        request_id = secrets.token_hex(8)
        own: AttributeValueTypeDef = {"SS": [request_id]}
        extent: Extent = "key" if "moves" in item else "headers"
        if not self._register(asset, request_id, extent):
            return  # being changed
        try:
            is_changed = self._place(asset, extent)
        except NotStoredError:
            # If it was moved or deleted meanwhile, the writes below are refused.
            logger.exception("no bytes are stored for a listed asset", extra={"asset_id": asset.asset_id})
            is_changed = False
        is_invalidated = "applied" in item or "checked" in item
        if is_changed or "copying" in item or not is_invalidated:
            # CloudFront must be invalidated, whichever request moved the bytes. Then check once more.
            is_written = self._confirm(asset, "REMOVE copying", {})
        elif extent == "key" and "checked" not in item:
            is_written = self._write(self._last_check(asset, own))
        else:
            is_written = self._forget(asset.owner, asset.asset_id, "copying = :known", own)
        if not is_written:
            # It is being changed or deleted; others need not wait for this process.
            self._write(self._update(asset.owner, asset.asset_id, "DELETE copying :request", {":request": own}))

    def _last_check(self, asset: Asset, own: "AttributeValueTypeDef") -> "TransactWriteItemTypeDef":
        """Build the write that postpones the last check of a moved asset until nothing can be stored at its old key."""
        # Imported here because requests do not need it.
        from asset_api.assets.tombstones import LAST_LOOK_AFTER_SECONDS

        update: Any = self._update(
            asset.owner,
            asset.asset_id,
            "REMOVE copying",
            {":own": own, ":checked": {"BOOL": True}},
            also="checked = :checked",
            seconds=LAST_LOOK_AFTER_SECONDS,
        )
        update["Update"]["ConditionExpression"] = "copying = :own"  # not being changed
        return update  # type: ignore[no-any-return]

    def _apply(self, asset: Asset, request_id: str, extent: Extent) -> Asset:
        try:
            return self._apply_until_unchanged(asset, request_id, extent)
        except ApiError:
            # The copying has ended, so others need not wait for it. The item is still due, and `finish` does the rest.
            self._write(
                self._update(asset.owner, asset.asset_id, "DELETE copying :request", {":request": {"SS": [request_id]}})
            )
            raise

    def _apply_until_unchanged(self, asset: Asset, request_id: str, extent: Extent) -> Asset:
        for _ in range(_ATTEMPTS):
            # Without bytes, the asset was deleted, as `_confirm` finds, or its mover will see the change.
            with contextlib.suppress(NotStoredError):
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
        return self.placer.move(asset) if extent == "key" else self.placer.rewrite_headers(asset)

    def _outbox(self, request_id: str, before: Asset, after: Asset, extent: Extent) -> "list[TransactWriteItemTypeDef]":
        if all(getattr(before, name) == getattr(after, name) for name in _SERVED):
            return []
        if extent == "key":
            self._await_other_requests(after)
        return [self._registration(after, request_id, extent)]

    def _register(self, asset: Asset, request_id: str, extent: Extent, *, waits: bool = False) -> bool:
        """Register to place the bytes of an unchanged asset; return False if it has changed or others place them."""
        if waits and extent == "key":
            self._await_other_requests(asset)
        return self._write(self._check_unchanged(asset), self._registration(asset, request_id, extent))

    def _registration(self, asset: Asset, request_id: str, extent: Extent) -> "TransactWriteItemTypeDef":
        """Build the write that adds a request to `copying`. A request that moves the bytes must be the only one."""
        now, is_quick = self._now, self.seconds <= REQUEST_SECONDS
        also = ""
        values: dict[str, Any] = {":request": {"SS": [request_id]}}
        if extent == "key" or not is_quick:
            also = "busy_until = :busy_until"
            values[":busy_until"] = {"N": str(now + self.seconds)}
        if extent == "key":
            also += ", moves = :moves"
            values |= {":moves": {"BOOL": True}, ":now": {"N": str(now)}}
        expression = "REMOVE applied, checked ADD copying :request"
        update: Any = self._update(asset.owner, asset.asset_id, expression, values, also=also, seconds=self.seconds)
        if extent == "key":
            update["Update"]["ConditionExpression"] = (
                "attribute_not_exists(copying) OR "
                "(check_at <= :now AND (attribute_not_exists(busy_until) OR busy_until <= :now))"
            )
        return update  # type: ignore[no-any-return]

    def _await_other_requests(self, asset: Asset) -> None:
        while (item := self._item(asset.owner, asset.asset_id)) and self._is_being_copied(item):
            pause("The asset, which another request is changing,", self.sleep)

    def _is_being_copied(self, item: Item) -> bool:
        """Tell whether another process may still be copying the bytes; otherwise it has ended or crashed."""
        until = max(int(item[name]["N"]) for name in ("check_at", "busy_until") if name in item)
        return "copying" in item and until > self._now

    def _item(self, owner: str, asset_id: str) -> "Item | None":
        item_key = key(owner, SORT_KEY_PREFIX + asset_id)
        found = self.catalog.dynamodb.get_item(TableName=self.catalog.table, Key=item_key, ConsistentRead=True)
        return found.get("Item")

    def _confirm(self, asset: Asset, done: str, values: dict[str, Any]) -> bool:
        """Trigger the invalidation of CloudFront's copies, if the asset is unchanged. One transaction."""
        return self._write(self._check_unchanged(asset), self._applied(asset.owner, asset.asset_id, done, values))

    def _applied(self, owner: str, asset_id: str, done: str, values: dict[str, Any]) -> "TransactWriteItemTypeDef":
        # A new value each time, because the stream omits writes that change nothing.
        applied = {":applied": {"S": secrets.token_hex(8)}}
        return self._update(owner, asset_id, done, {**values, **applied}, also="applied = :applied")

    def _write(self, *writes: "TransactWriteItemTypeDef") -> bool:
        """Write all, or nothing if a condition fails; return False then."""
        return not transactions.write(self.catalog.dynamodb, writes)

    def _check_unchanged(self, asset: Asset) -> "TransactWriteItemTypeDef":
        item = asset.to_item()
        check: TransactWriteItemTypeDef = {
            "ConditionCheck": {
                "TableName": self.catalog.table,
                "Key": key(asset.owner, item["sk"]["S"]),
                **transactions.if_unchanged(item, _SERVED),  # type: ignore[typeddict-item]
            }
        }
        return check

    def _update(
        self,
        owner: str,
        asset_id: str,
        expression: str,
        values: dict[str, Any],
        *,
        also: str = "",
        seconds: int = REQUEST_SECONDS,
    ) -> "TransactWriteItemTypeDef":
        sets = ", ".join(filter(None, ("in_flight = :shard", "check_at = :check_at", also)))
        update: Any = {
            "TableName": self.catalog.table,
            "Key": key(owner, SORT_KEY_PREFIX + asset_id),
            "UpdateExpression": f"SET {sets} {expression}",
            "ExpressionAttributeValues": {
                **values,
                ":shard": {"S": shard(SHARDS, asset_id)},
                ":check_at": {"N": str(self._now + seconds)},
            },
        }
        return {"Update": update}

    def _forget(self, owner: str, asset_id: str, condition: str, known: "AttributeValueTypeDef") -> bool:
        """Delete the item, unless another change has written it since; return False then."""
        delete: Any = transactions.delete(self.catalog.table, key(owner, SORT_KEY_PREFIX + asset_id))
        delete["Delete"] |= {"ConditionExpression": condition, "ExpressionAttributeValues": {":known": known}}
        return self._write(delete)

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())
