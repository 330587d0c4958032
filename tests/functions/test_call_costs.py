"""Operation costs, as measured by the benchmarks."""

from typing import TYPE_CHECKING, cast

import pytest
from botocore.session import Session

from bench.call_costs import Cost, Meter, ratio
from tests.functions.conftest import SETTINGS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


@pytest.fixture
def watched(aws_session: Session) -> "DynamoDBClient":
    """A separate client, because a meter watches it until the end."""
    return cast("DynamoDBClient", aws_session.create_client("dynamodb"))


def test_a_meter_adds_up_the_calls_of_an_operation(watched: "DynamoDBClient") -> None:
    for number in range(3):
        watched.put_item(TableName=SETTINGS.assets_table, Item={"owner": {"S": "alice"}, "sk": {"S": f"{number}"}})

    def ask_twice(_: int) -> None:
        for _ in range(2):
            watched.query(
                TableName=SETTINGS.assets_table,
                KeyConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": "alice"}},
            )

    costs = Meter(watched).measure({"twice": ask_twice}, rounds=2)
    assert [cost.items_read for cost in costs["twice"]] == [6, 6]
    assert costs["twice"][0].units > 0
    assert all(0 < cost.dynamodb_seconds < cost.seconds for cost in costs["twice"])


def test_a_ratio_is_the_median_of_those_within_each_round() -> None:
    slow, fast = (
        [Cost(seconds=2), Cost(seconds=20), Cost(seconds=3)],
        [Cost(seconds=1), Cost(seconds=10), Cost(seconds=1)],
    )
    assert ratio(slow, fast, "seconds") == 2
