"""A job, and its item in the table of assets. A sparse index finds those in flight by due time.

    owner = <sub>   sk = job#<job id>
        kind?, input (JSON), options? (JSON), status, attempts, asset_id, deadline, creation, change_id?,
        ingesting_until?, last_failure?, ended_at?, error_message?, file_type? (of the asset)
    for a generation:
        model_id, prompt, webhook, source_asset_id?, prediction_id?, sent_at?
    for an import:
        source_url, source_asset_id?
    for a completed erasure:
        deleted_assets, expires_at (TTL)
    and while in flight, for the index InFlight:
        in_flight = "0" to "7", check_at

Times are Unix seconds. An item without a kind is a generation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from asset_api.assets import asset_ids
from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.jobs.job_changes import attribute
from asset_api.jobs.job_states import IN_FLIGHT, Creation, Kind, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from asset_api.assets.asset import Item

INDEX = "InFlight"
SHARDS = tuple(str(shard) for shard in range(8))
SORT_KEY_PREFIX = "job#"
_NUMBERS = ("attempts", "deadline", "check_at", "sent_at", "ingesting_until", "ended_at", "deleted_assets",
            "expires_at")  # fmt: skip
_TEXTS = ("kind", "model_id", "prompt", "status", "creation", "asset_id", "webhook", "source_asset_id", "source_url",
          "prediction_id", "last_failure", "error_message", "file_type")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSummary:
    """A job without its input, which lists do not show."""

    job_id: str
    kind: Kind = "generation"
    model_id: str = ""
    prompt: str = field(default="", repr=False)
    asset_id: str = ""
    """Minted with the job, so that one job makes one asset; the asset exists once the job is completed."""
    status: Status = "pending"
    ended_at: int = 0
    error_message: str | None = None
    file_type: str | None = None
    """The asset's type. None until there is one, and for generations of earlier releases, which are all videos."""
    source_url: str | None = field(default=None, repr=False)
    deleted_assets: int | None = None
    """The number of assets that a completed erasure deleted."""
    expires_at: int = 0
    """The expiry of an erasure's job itself (Unix seconds). DynamoDB deletes the item some time later."""

    def is_expired(self, now: int) -> bool:
        """Tell whether the job itself has expired."""
        return 0 < self.expires_at <= now

    @property
    def created_at(self) -> datetime:
        return asset_ids.issued_at(self.job_id)

    @classmethod
    def from_item(cls, item: "Item") -> Self:
        return cls(job_id=item["sk"]["S"].removeprefix(SORT_KEY_PREFIX), **_attributes(item))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(JobSummary):
    """A job with its input and the state of its work."""

    owner: str
    input: Mapping[str, Any] = field(repr=False)
    webhook: str = field(default="", repr=False)
    deadline: int
    check_at: int
    creation: Creation = "ready"
    attempts: int = 0
    source_asset_id: str | None = None
    options: Options = NO_OPTIONS
    """Options of the asset that the job makes."""
    prediction_id: str | None = None
    sent_at: int = 0
    ingesting_until: int = 0
    last_failure: str | None = None
    """Why the last attempt to ingest the output failed."""

    @property
    def is_in_flight(self) -> bool:
        return self.status in IN_FLIGHT

    @property
    def key(self) -> "dict[str, AttributeValueTypeDef]":
        return job_key(self.owner, self.job_id)

    @classmethod
    def from_item(cls, item: "Item") -> Self:
        # Only a job in flight has `check_at`.
        attributes = {"check_at": 0, **_attributes(item)}
        return cls(
            owner=item["owner"]["S"],
            job_id=item["sk"]["S"].removeprefix(SORT_KEY_PREFIX),
            input=json.loads(item["input"]["S"]),
            options=_options(json.loads(item["options"]["S"])) if "options" in item else NO_OPTIONS,
            **attributes,
        )

    def to_item(self) -> "dict[str, AttributeValueTypeDef]":
        values = {name: getattr(self, name) for name in (*_TEXTS, *_NUMBERS)}
        # The last digits of the id are a keyed hash, so they are evenly distributed.
        values["in_flight"] = SHARDS[int(self.job_id[-1], 16) % len(SHARDS)]
        return {
            **self.key,
            "input": {"S": json.dumps(self.input)},
            **({"options": {"S": json.dumps(self.options)}} if self.options != NO_OPTIONS else {}),
            **{name: attribute(value) for name, value in values.items() if value},
            "attempts": {"N": str(self.attempts)},
        }


def _options(stored: list[Any]) -> Options:
    expires_in, tags, visibility = stored
    return Options(expires_in, tuple(tags), visibility)


def job_key(owner: str, job_id: str) -> "dict[str, AttributeValueTypeDef]":
    """Return the key of a job's item."""
    return {"owner": {"S": owner}, "sk": {"S": SORT_KEY_PREFIX + job_id}}


def _attributes(item: "Item") -> dict[str, Any]:
    texts = {name: item[name]["S"] for name in _TEXTS if name in item}
    return texts | {name: int(item[name]["N"]) for name in _NUMBERS if name in item}
