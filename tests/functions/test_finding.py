"""Finding assets by tag and by a part of the name, with every other parameter."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.assets import asset_ids
from asset_api.assets.asset import Asset, searchable
from asset_api.composition import assets
from asset_api.platform import aws
from tests.functions.aws_calls import AwsCalls
from tests.functions.aws_traffic import AwsTraffic
from tests.functions.conftest import SETTINGS
from tests.functions.gateway import Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
NAMES = ("beach.jpg", "B\u00c9ACH.jpg", "sunset.mp4", "Beach at night.mp4")


@pytest.fixture
def traffic() -> Iterator[AwsTraffic]:
    watched = AwsTraffic()
    with watched.watching(aws.dynamodb()):
        yield watched


@pytest.fixture
def ids(aws_account: None) -> list[str]:  # noqa: ARG001  the account that this fills
    """Thirty of alice's assets, oldest first: every third has a tag, and names and kinds alternate."""
    made = []
    for number in range(30):
        asset_id = asset_ids.mint("alice", salt=SETTINGS.asset_id_salt, now=FIRST + timedelta(seconds=number))
        name = NAMES[number % len(NAMES)]
        kind = "video/mp4" if name.endswith("mp4") else "image/jpeg"
        tags = ("third",) if number % 3 == 0 else ()
        assets.catalog().add(Asset("alice", asset_id, name, kind, 10, tags=tags))
        made.append(asset_id)
    return made


def walk(caller: Caller, by: str, **query: Any) -> list[str]:
    """Return the ids of every page of seven."""
    found: list[str] = []
    position: dict[str, Any] = {}
    while True:
        page = caller.list(limit=7, **query, **position).json()
        found += [asset["asset_id"] for asset in page["assets"]]
        if page["next_cursor"] is None:
            return found
        position = {"cursor": page["next_cursor"]} if by == "cursor" else {"offset": len(found)}


def wanted(ids: list[str], tag: str | None, q: str | None, kind: str | None) -> list[str]:
    found = []
    for number, asset_id in enumerate(ids):
        name = NAMES[number % len(NAMES)]
        is_tagged = tag is None or number % 3 == 0
        is_named = q is None or searchable(q) in searchable(name)
        if is_tagged and is_named and (kind is None or (kind == "video") == name.endswith("mp4")):
            found.append(asset_id)
    return found[::-1]


@pytest.mark.parametrize("by", ["cursor", "offset"])
def test_all_filters_combine_with_offset_and_cursor(by: str, alice: Caller, ids: list[str]) -> None:
    names = (None, "beach", "be\u0301ach", "BEACH AT", "nothing")
    for tag, q, kind in itertools.product((None, "third"), names, (None, "image", "video")):
        query = {name: value for name, value in (("tag", tag), ("q", q), ("file_type", kind)) if value}
        assert (query, walk(alice, by, **query)) == (query, wanted(ids, tag, q, kind))


def test_a_page_by_tag_costs_as_much_as_any_page(
    alice: Caller, ids: list[str], traffic: AwsTraffic, calls: AwsCalls
) -> None:
    calls.resume()
    alice.list(limit=5)
    plain = traffic.received_bytes
    traffic.forget()
    page = alice.list(limit=5, tag="third").json()
    assert calls.made == ["Query", "Query"]
    assert [asset["asset_id"] for asset in page["assets"]] == ids[27::-3][:5]
    assert traffic.exchanges[0].parameters["Limit"] == 6
    assert traffic.received_bytes <= 1.3 * plain
    traffic.forget()
    alice.list(limit=5, tag="third", offset=5)
    assert [exchange.parameters.get("Select") for exchange in traffic.exchanges] == ["COUNT", None]


def test_assets_of_an_earlier_release_are_found_by_name(alice: Caller, dynamodb: "DynamoDBClient") -> None:
    asset_id = asset_ids.mint("alice", salt=SETTINGS.asset_id_salt, now=FIRST)
    item = Asset("alice", asset_id, "STRASSE.jpg", "image/jpeg", 10).to_item()
    del item["search_name"]
    dynamodb.put_item(TableName="assets", Item=item)
    for q, count in (("stra\u00dfe", 1), ("strasse", 1), ("other", 0)):
        assert len(alice.list(q=q).json()["assets"]) == count
        assert alice.list(q=q, offset=1).json()["assets"] == []


@pytest.mark.parametrize(
    ("name", "sought"),
    [
        ("\u00e9t\u00e9.png", "E\u0301T"),
        ("\ufb01lm.png", "FILM"),
        ("\uff21.png", "a."),
        ("\u0130.png", "i\u0307."),
        ("\u1e9e.png", "ss"),
    ],
)
def test_names_match_in_any_case_and_normal_form(name: str, sought: str) -> None:
    assert searchable(sought) in searchable(name)
