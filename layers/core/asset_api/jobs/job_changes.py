"""Conditional changes of a job's item, as the expressions of a DynamoDB update.

Every change requires that the job is in flight, so a job that has ended never changes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from asset_api.jobs.job_states import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Changes = Mapping[str, str | int | None]
"""Attributes and their values. None removes an attribute, or expects that there is none."""


class JobChangedError(Exception):
    """The job is not in the expected state: it has ended, or another change came first."""


def update(changes: Changes, expecting: Changes) -> Any:
    """Build the expressions that apply `changes` to a job in flight whose attributes match `expecting`."""
    sets = [name for name, value in changes.items() if value is not None]
    removes = [name for name, value in changes.items() if value is None]
    conditions = [
        "#status IN (:pending, :processing)",
        *(f"#{name} = :expected_{name}" for name, value in expecting.items() if value is not None),
        *(f"attribute_not_exists(#{name})" for name, value in expecting.items() if value is None),
    ]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
    if removes:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in removes)
    return {
        "UpdateExpression": expression,
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in {"status", *changes, *expecting}},
        "ExpressionAttributeValues": {
            ":pending": {"S": "pending"},
            ":processing": {"S": "processing"},
            **{f":{name}": attribute(changes[name]) for name in sets},
            **{f":expected_{name}": attribute(value) for name, value in expecting.items() if value is not None},
        },
    }


def end_changes(status: Status, now: int) -> dict[str, str | int | None]:
    """Return the changes that end a job and remove it from the index of jobs in flight."""
    return {"status": status, "ended_at": now, "in_flight": None, "check_at": None, "ingesting_until": None}


def attribute(value: object) -> "AttributeValueTypeDef":
    """Convert a string or an integer to DynamoDB's JSON."""
    return {"N": str(value)} if isinstance(value, int) else {"S": str(value)}
