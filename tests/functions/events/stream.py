"""The assets table's stream, derived from the table's items, and the filter that Lambda applies."""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from functions.dispatch import app as dispatch
from tests.functions.gateway import Context
from tests.template.cloudformation import load

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Items = Mapping[tuple[str, str], Mapping[str, Any]]
_EVENTS = load()["Resources"]["DispatchFunction"]["Properties"]["Events"]
PATTERNS = [json.loads(each["Pattern"]) for each in _EVENTS["TableChanged"]["Properties"]["FilterCriteria"]["Filters"]]


def matches(pattern: Any, value: Any) -> bool:
    """Tell whether a value passes a pattern of exact texts and prefixes ("Filter rule syntax", AWS Lambda guide)."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(matches(each, value.get(name)) for name, each in pattern.items())
    return isinstance(value, str) and any(
        value.startswith(rule["prefix"]) if isinstance(rule, dict) else value == rule for rule in pattern
    )


def record(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, number: int) -> dict[str, Any]:
    """Make a record of a change, in a second given by the number."""
    item: Any = new or old
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventID": str(number),
        "eventName": name,
        "dynamodb": {
            "ApproximateCreationDateTime": 1763210096 + number,
            "Keys": {"owner": item["owner"], "sk": item["sk"]},
            **{image: dict(value) for image, value in images.items() if value is not None},
        },
    }


@dataclass
class TableStream:
    """Changes between two scans of the table: fewer than in a real stream if an item changed twice."""

    dynamodb: "DynamoDBClient"
    seen: Items = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def records(self) -> list[dict[str, Any]]:
        """Return every change since the last scan."""
        items = {
            (item["owner"]["S"], item["sk"]["S"]): item for item in self.dynamodb.scan(TableName="assets")["Items"]
        }
        before, self.seen = self.seen, items
        changed = [
            ("MODIFY" if key in before else "INSERT", before.get(key), item)
            for key, item in items.items()
            if before.get(key) != item
        ]
        removed = [("REMOVE", item, None) for key, item in before.items() if key not in items]
        return [record(*change, next(self.numbers)) for change in [*changed, *removed]]

    def filtered(self) -> list[dict[str, Any]]:
        """Return the changes since the last scan that pass the filter."""
        return [each for each in self.records() if any(matches(pattern, each) for pattern in PATTERNS)]


def deliver(records: list[dict[str, Any]]) -> None:
    """Let the dispatch function process one batch, passed through JSON."""
    dispatch.handler(json.loads(json.dumps({"Records": records})), Context())
