"""A generation job, and how it is kept: in the assets table, and while in flight in a sparse index by due time.

    owner = <sub>   sk = job#<job id>
        model_id, prompt, input (JSON), status, creation, attempts, asset_id, webhook, deadline,
        source_asset_id?, prediction_id?, sent_at?, ingesting_until?, ended_at?, error_message?, change_id?
    and while in flight, for the index InFlight:
        in_flight = "0" to "7", check_at

Times are Unix seconds. Every change is conditional on the job being in flight: what has ended stays as it ended.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from asset_api.assets import asset_ids
from asset_api.generation.job_states import IN_FLIGHT, Creation, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from asset_api.assets.catalog import Item

INDEX = "InFlight"
SORT_KEY_PREFIX = "job#"
SHARDS = tuple(str(shard) for shard in range(8))
_NUMBERS = ("attempts", "deadline", "check_at", "sent_at", "ingesting_until", "ended_at")
_TEXTS = ("model_id", "prompt", "status", "creation", "asset_id", "webhook", "source_asset_id", "prediction_id",
          "error_message")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One generation. `asset_id` is minted with the job, so that one job makes one asset; it exists once completed."""

    owner: str
    job_id: str
    model_id: str
    prompt: str = field(repr=False)
    input: Mapping[str, Any] = field(repr=False)
    asset_id: str
    webhook: str = field(repr=False)
    deadline: int
    check_at: int
    status: Status = "pending"
    creation: Creation = "ready"
    attempts: int = 0
    source_asset_id: str | None = None
    prediction_id: str | None = None
    sent_at: int = 0
    ingesting_until: int = 0
    ended_at: int = 0
    error_message: str | None = None

    @property
    def created_at(self) -> datetime:
        return asset_ids.issued_at(self.job_id)

    @property
    def is_in_flight(self) -> bool:
        return self.status in IN_FLIGHT

    @property
    def key(self) -> "dict[str, AttributeValueTypeDef]":
        return job_key(self.owner, self.job_id)

    @classmethod
    def from_item(cls, item: "Item") -> Self:
        texts: dict[str, Any] = {name: item[name]["S"] for name in _TEXTS if name in item}
        numbers: dict[str, Any] = {name: int(item[name]["N"]) for name in _NUMBERS if name in item}
        return cls(
            owner=item["owner"]["S"],
            job_id=item["sk"]["S"].removeprefix(SORT_KEY_PREFIX),
            input=json.loads(item["input"]["S"]),
            **{"check_at": 0, **numbers},
            **texts,
        )

    def to_item(self) -> "dict[str, AttributeValueTypeDef]":
        values = {name: getattr(self, name) for name in (*_TEXTS, *_NUMBERS)}
        values["in_flight"] = _shard(self.job_id)
        return {
            **self.key,
            "input": {"S": json.dumps(self.input)},
            **{name: attribute(value) for name, value in values.items() if value},
            "attempts": {"N": str(self.attempts)},
        }


def job_key(owner: str, job_id: str) -> "dict[str, AttributeValueTypeDef]":
    """The key of a job's item."""
    return {"owner": {"S": owner}, "sk": {"S": SORT_KEY_PREFIX + job_id}}


def attribute(value: object) -> "AttributeValueTypeDef":
    """A text or an integer as DynamoDB takes it."""
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}


def _shard(job_id: str) -> str:
    # The last digits are a keyed hash: they spread evenly.
    return SHARDS[int(job_id[-1], 16) % len(SHARDS)]
