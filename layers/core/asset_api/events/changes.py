"""Conversion of the assets table's stream records to events, by pure functions.

An event's id is derived from its type and subject, so that a redelivered record makes the same event. It contains no
dot, because dots separate the parts of a signed webhook.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from asset_api.assets import asset_json, tombstones
from asset_api.assets.asset import SORT_KEY_PREFIX as ASSET
from asset_api.assets.asset import Asset
from asset_api.assets.refusals import SORT_KEY_PREFIX as REFUSAL
from asset_api.jobs import job_listing
from asset_api.jobs.job import SORT_KEY_PREFIX as JOB
from asset_api.jobs.job import Job
from asset_api.jobs.job_states import ENDED, IN_FLIGHT

if TYPE_CHECKING:
    from asset_api.assets.asset import Item


Sign = Callable[[str, datetime, int | None], str]
"""Signs the path of a private asset's thumbnail, for an hour from the given time."""
Record = Mapping[str, Any]
"""A record of the stream as Lambda passes it. Its images are DynamoDB items."""


class Event(NamedTuple):
    """An event as receivers see it. `happened_at` is timezone-aware, in UTC."""

    event_id: str
    type: str
    happened_at: datetime
    data: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the payload, which is the same for every delivery of the event."""
        return {
            "type": self.type,
            "timestamp": self.happened_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "data": dict(self.data),
        }


def published_asset(record: Record) -> Asset | None:
    """Return the asset that the record lists; None for any other change."""
    if record["eventName"] != "INSERT" or not _sort_key(record).startswith(ASSET):
        return None
    return Asset.from_item(record["dynamodb"]["NewImage"])


def to_event(record: Record, base_url: str, sign: Sign) -> Event | None:
    """Convert a record to its event; None for a change without one."""
    sort_key = _sort_key(record)
    item: Item = record["dynamodb"].get("NewImage", {})
    is_new = record["eventName"] == "INSERT"
    happened_at = datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC)
    if is_new and sort_key.startswith(ASSET):
        return _published(Asset.from_item(item), base_url, sign, happened_at)
    if is_new and sort_key.startswith(tombstones.SORT_KEY_PREFIX) and _was_listed(item):
        return _deleted(item, happened_at)
    if is_new and sort_key.startswith(REFUSAL):
        return _refused(item, happened_at)
    if sort_key.startswith(JOB) and _has_ended(record):
        return _job_ended(item, base_url, happened_at)
    return None


def _sort_key(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["sk"]["S"])


def _has_ended(record: Record) -> bool:
    before, after = (record["dynamodb"].get(image, {}).get("status", {}) for image in ("OldImage", "NewImage"))
    return before.get("S") in IN_FLIGHT and after.get("S") in ENDED


def _was_listed(tombstone: "Item") -> bool:
    """Tell whether the deleted asset was listed; false for a cause that only a later release writes."""
    cause = tombstones.cause(tombstone)
    is_known = tombstone.get("cause", {}).get("S", "delete") == cause
    return is_known and cause not in tombstones.NEVER_LISTED


def _event(kind: str, subject_id: str, happened_at: datetime, **data: Any) -> Event:
    return Event(f"{kind.replace('.', '_')}_{subject_id}", kind, happened_at, data)


def _published(asset: Asset, base_url: str, sign: Sign, happened_at: datetime) -> Event:
    # Signed from the time of the event, so that every delivery has the same URL.
    shown = asset_json.to_json(asset, base_url, lambda path, ends: sign(path, happened_at, ends))
    return _event("asset.published", asset.asset_id, happened_at, owner=asset.owner, asset=shown)


def _deleted(item: "Item", happened_at: datetime) -> Event:
    asset_id = item["sk"]["S"].removeprefix(tombstones.SORT_KEY_PREFIX)
    cause = tombstones.cause(item)
    return _event("asset.deleted", asset_id, happened_at, owner=item["owner"]["S"], asset_id=asset_id, cause=cause)


def _refused(item: "Item", happened_at: datetime) -> Event:
    asset_id = item["sk"]["S"].removeprefix(REFUSAL)
    fields = {name: item[name]["S"] for name in ("owner", "filename", "reason")}
    return _event("asset.refused", asset_id, happened_at, asset_id=asset_id, **fields)


def _job_ended(item: "Item", base_url: str, happened_at: datetime) -> Event:
    job = Job.from_item(item)
    shown = job_listing.to_json(job, base_url)
    return _event(f"job.{job.status}", job.job_id, happened_at, owner=item["owner"]["S"], job=shown)
