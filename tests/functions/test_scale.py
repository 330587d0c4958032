"""DynamoDB requests that do not grow with the table: counted, not timed.

Owners have 8,000 or 200 assets here. That a query with a limit and a start key costs the same anywhere in a
partition is DynamoDB's promise (Developer Guide, "Paginating table query results"); these tests check our requests.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from moto.dynamodb.models import dynamodb_backends

from asset_api.assets import asset_ids, list_parameters
from asset_api.assets.asset import Asset
from asset_api.platform import aws
from tests import media
from tests.functions.aws_account import ACCOUNT, REGION
from tests.functions.aws_traffic import AwsTraffic
from tests.functions.clock import Clock
from tests.functions.conftest import SETTINGS
from tests.functions.gateway import Caller
from tests.functions.triggers import file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

ASSETS = 8_000
# One per second; the last one is long past.
_FIRST = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def traffic() -> Iterator[AwsTraffic]:
    watched = AwsTraffic()
    with watched.watching(aws.dynamodb()):
        yield watched


@pytest.fixture(scope="module")
def hoarded(queue_url: str) -> tuple[tuple[str, ...], dict[Any, Any]]:  # noqa: ARG001  it creates the table
    """The ids of 8,000 assets, newest first, and the items of moto's table with them."""
    ids = _fill(ASSETS)
    return ids, dict(_items())


@pytest.fixture
def hoard(
    aws_account: None,  # noqa: ARG001  the account that this fills
    hoarded: tuple[tuple[str, ...], dict[Any, Any]],
) -> tuple[str, ...]:
    """The ids of alice's 8,000 assets, newest first. Tests share them, and must not change them."""
    ids, items = hoarded
    _items().update(items)
    return ids


def _items() -> dict[Any, Any]:
    items: dict[Any, Any] = dynamodb_backends[ACCOUNT][REGION].tables[SETTINGS.assets_table].items
    return items


def _fill(count: int) -> tuple[str, ...]:
    """Write directly into moto's table, which is faster than hundreds of batch writes; return the ids, newest first."""
    table = dynamodb_backends[ACCOUNT][REGION].tables[SETTINGS.assets_table]
    ids = []
    for second in range(count):
        asset_id = asset_ids.mint("alice", salt=SETTINGS.asset_id_salt, now=_FIRST + timedelta(seconds=second))
        asset = Asset("alice", asset_id, f"holiday-{second:05}.jpg", "image/jpeg", 2048576, "0" * 64, 4000, 3000)
        table.put_item(asset.to_item())
        ids.append(asset_id)
    return tuple(reversed(ids))


def test_a_cursor_page_costs_the_same_at_any_depth(alice: Caller, traffic: AwsTraffic, hoard: tuple[str, ...]) -> None:
    first = alice.list(limit=50)
    first_bytes = traffic.received_bytes
    for depth in (1_000, 4_000, ASSETS - 51):
        traffic.forget()
        page = alice.list(limit=50, cursor=list_parameters.encode_cursor(hoard[depth - 1])).json()
        (query,) = traffic.exchanges
        assert [asset["asset_id"] for asset in page["assets"]] == list(hoard[depth : depth + 50])
        assert query.parameters["Limit"] == 51
        assert query.parameters["ExclusiveStartKey"]["sk"] == {"S": f"asset#{hoard[depth - 1]}"}
        assert query.received_bytes <= 1.1 * first_bytes
    assert first.status == 200


def test_an_offset_page_transfers_only_the_page(alice: Caller, traffic: AwsTraffic, hoard: tuple[str, ...]) -> None:
    alice.list(limit=50)
    first_bytes = traffic.received_bytes
    traffic.forget()
    page = alice.list(limit=50, offset=ASSETS - 51).json()
    *skipping, query = traffic.exchanges
    assert [asset["asset_id"] for asset in page["assets"]] == list(hoard[ASSETS - 51 : ASSETS - 1])
    # DynamoDB reads a megabyte at a time: about three times here.
    assert len(skipping) > 1
    assert {count.parameters["Select"] for count in skipping} == {"COUNT"}
    assert all(count.received_bytes < 512 for count in skipping)
    assert query.received_bytes <= 1.1 * first_bytes


def test_single_asset_operations_are_independent_of_the_number_of_assets(traffic: AwsTraffic, s3: "S3Client") -> None:
    # moto copies the table for every transaction.
    _fill(200)
    touched = {}
    for owner in (Caller("alice"), Caller("bob")):
        traffic.forget()
        form = owner.ask_for_form(filename="clip.mp4").json()
        post(s3, form["upload"], media.mp4())
        file_arrived(form["asset_id"])
        assert owner.complete(form["asset_id"]).status == 201
        assert owner.upload("image.png", media.png()).status == 201
        assert owner.metadata(form["asset_id"]).status == 200
        assert owner.delete(form["asset_id"]).status == 200
        touched[owner.owner] = [(exchange.operation, exchange.items_named) for exchange in traffic.exchanges]
    assert touched["alice"] == touched["bob"]
    assert sum(items for _, items in touched["bob"]) == 17


def size_bytes(value: Mapping[str, Any]) -> int:
    """Size of an attribute's value by "DynamoDB item sizes and formats", the larger where the guide says "about"."""
    ((kind, content),) = value.items()
    if kind == "L":
        return 3 + sum(1 + size_bytes(each) for each in content)
    return len(content) // 2 + 2 if kind == "N" else len(content.encode())


def test_the_rate_limit_has_one_item_of_constant_size_per_owner(
    clock: Clock, traffic: AwsTraffic, dynamodb: "DynamoDBClient"
) -> None:
    owner = Caller(str(uuid.uuid4()))
    for _ in range(3):
        statuses = [owner.ask_for_form(filename="clip.mp4").status for _ in range(12)]
        assert statuses == [201] * 10 + [429] * 2
        clock.advance(60)
    assert traffic.operations == ["UpdateItem"] * 36
    (item,) = dynamodb.scan(TableName=SETTINGS.requests_table)["Items"]
    assert sorted(len(value["L"]) for value in item.values() if "L" in value) == [10, 20], "two minutes' and one's"
    # Each request costs one write unit.
    assert sum(len(name) + size_bytes(value) for name, value in item.items()) < 1024
