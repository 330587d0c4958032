"""The list: order, pages, filters, and whose assets are in it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from asset_api.assets import asset_ids
from asset_api.assets.asset import Asset
from asset_api.composition import assets
from tests import media
from tests.functions.gateway import HOST, Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from tests.functions.clock import Clock

TEN_MINUTES = 600


def listed_assets(owner: str, kinds: str, start: float = 1_763_210_096) -> list[str]:
    """List one asset per second of these kinds (`i` image, `v` video) without bytes; return the ids, newest first."""
    ids = []
    for second, kind in enumerate(kinds):
        asset_id = asset_ids.mint(owner, salt="salt", now=datetime.fromtimestamp(start + second, UTC))
        file_type = "image/png" if kind == "i" else "video/mp4"
        assets.catalog().add(Asset(owner, asset_id, f"{second}", file_type, 10))
        ids.append(asset_id)
    return ids[::-1]


def pages(caller: Caller, **query: object) -> list[list[str]]:
    """Return the ids of every page, by cursor."""
    found = []
    cursor: dict[str, object] = {}
    while True:
        body = caller.list(**query, **cursor).json()
        found.append([asset["asset_id"] for asset in body["assets"]])
        if body["next_cursor"] is None:
            return found
        cursor = {"cursor": body["next_cursor"]}


def test_an_owner_without_assets_has_an_empty_list(alice: Caller) -> None:
    response = alice.list()
    assert response.status == 200
    assert response.json() == {"success": True, "assets": [], "limit": 50, "offset": 0, "next_cursor": None}


def test_shows_each_asset_as_in_the_contract(alice: Caller, clock: "Clock") -> None:
    clock.time = datetime(2025, 11, 15, 12, 34, 56, 999000, UTC)
    asset_id = alice.upload("image.jpg", media.jpeg()).json()["asset_id"]
    (asset,) = alice.list().json()["assets"]
    sha256 = asset.pop("sha256")
    assert len(sha256) == 64
    assert asset == {
        "asset_id": asset_id,
        "filename": "image.jpg",
        "file_type": "image/jpeg",
        "size_bytes": len(media.jpeg()),
        "uploaded_at": "2025-11-15T12:34:56",
        "url": f"https://{HOST}/api/v2/assets/{asset_id}",
        "source": "upload",
        "content_credentials": "none",
        "tags": [],
        "expires_at": None,
        "visibility": "public",
        "thumbnail_url": f"https://{HOST}/api/v2/assets/{asset_id}/w320.webp",
        "thumbhash": None,
        "width": 64,
        "height": 48,
    }


def test_shows_generated_assets(alice: Caller) -> None:
    asset_id = asset_ids.mint("alice", salt="salt", now=datetime.now(UTC))
    assets.catalog().add(Asset("alice", asset_id, "v.mp4", "video/mp4", 10, source="generation", job_id="j-1"))
    (asset,) = alice.list().json()["assets"]
    assert (asset["source"], asset["job_id"]) == ("generation", "j-1")
    assert not {"sha256", "width", "height"} & asset.keys()


def test_the_newest_comes_first(alice: Caller) -> None:
    ids = listed_assets("alice", "iiiii")
    assert pages(alice) == [ids]


def test_an_asset_is_listed_once_its_upload_has_responded(alice: Caller, clock: "Clock") -> None:
    uploaded: list[str] = []
    for _ in range(3):
        uploaded.insert(0, alice.upload("a.png", media.png()).json()["asset_id"])
        assert [asset["asset_id"] for asset in alice.list().json()["assets"]] == uploaded
        clock.advance(TEN_MINUTES)


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 100])
def test_cursor_pages_contain_each_asset_once(limit: int, alice: Caller) -> None:
    ids = listed_assets("alice", "iiiiiii")
    found = pages(alice, limit=limit)
    assert found == [ids[start : start + limit] for start in range(0, len(ids), limit)]


@pytest.mark.parametrize("offset", [0, 1, 6, 7, 8, 2**31 - 1])
@pytest.mark.parametrize("limit", [1, 3])
def test_offset_pages_are_slices_of_the_list(limit: int, offset: int, alice: Caller) -> None:
    ids = listed_assets("alice", "iiiiiii")
    body = alice.list(limit=limit, offset=offset).json()
    assert [asset["asset_id"] for asset in body["assets"]] == ids[offset : offset + limit]
    assert (body["limit"], body["offset"]) == (limit, offset)
    assert (body["next_cursor"] is None) == (offset + limit >= len(ids))


def test_a_cursor_continues_an_offset_page(alice: Caller) -> None:
    ids = listed_assets("alice", "iiiiiii")
    cursor = alice.list(limit=2, offset=3).json()["next_cursor"]
    assert [asset["asset_id"] for asset in alice.list(limit=2, cursor=cursor).json()["assets"]] == ids[5:7]


def test_a_cursor_survives_the_deletion_of_its_asset(alice: Caller) -> None:
    ids = listed_assets("alice", "iiii")
    cursor = alice.list(limit=2).json()["next_cursor"]
    alice.delete(ids[1])
    assert [asset["asset_id"] for asset in alice.list(limit=2, cursor=cursor).json()["assets"]] == ids[2:]


@pytest.mark.parametrize(("kind", "letter"), [("image", "i"), ("video", "v")])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_filters_by_kind_on_every_page(kind: str, letter: str, limit: int, alice: Caller) -> None:
    kinds = "iviivvi"
    ids = listed_assets("alice", kinds)
    wanted = [asset_id for asset_id, each in zip(ids, reversed(kinds), strict=True) if each == letter]
    assert [asset_id for page in pages(alice, limit=limit, file_type=kind) for asset_id in page] == wanted
    for offset in range(len(wanted) + 2):
        found = alice.list(limit=limit, offset=offset, file_type=kind).json()["assets"]
        assert [asset["asset_id"] for asset in found] == wanted[offset : offset + limit]


def test_other_owners_assets_are_never_listed(alice: Caller, bob: Caller) -> None:
    mine, theirs = listed_assets("alice", "iii"), listed_assets("bob", "vv")
    assert pages(alice, limit=2) == [mine[:2], mine[2:]]
    assert pages(bob) == [theirs]
    assert alice.list(file_type="video").json()["assets"] == []
    stolen = bob.list(limit=1).json()["next_cursor"]
    ids = {asset["asset_id"] for asset in alice.list(cursor=stolen).json()["assets"]}
    assert ids <= set(mine)


def test_only_assets_are_listed(alice: Caller, dynamodb: "DynamoDBClient") -> None:
    alice.delete(alice.upload("a.png", media.png()).json()["asset_id"])
    dynamodb.put_item(TableName="assets", Item={"owner": {"S": "alice"}, "sk": {"S": "job#1"}})
    assert alice.list().json()["assets"] == []


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        *(("limit", value, "must be an integer from 1 to 100") for value in ("0", "101", "-1", "1.5", "a", "", "1,2")),
        *(("limit", value, "must be an integer from 1 to 100") for value in ("٣", " 5", "1_0", "9" * 5000)),
        *(("offset", value, "must be an integer from 0 to 2147483647") for value in ("-1", "2147483648", "x")),
        *(("file_type", value, "must be image or video") for value in ("audio", "Image", "image/png")),
        *(
            ("cursor", value, "must be the next_cursor of an earlier page")
            for value in ("x", "é", "bm9uZQ==", "a" * 99)
        ),
    ],
)
def test_a_parameter_out_of_range_is_a_422_that_names_it(name: str, value: str, detail: str, alice: Caller) -> None:
    response = alice.list(**{name: value})
    assert (response.status, response.detail) == (422, f"{name}: {detail}")


def test_urls_have_the_host_that_the_client_sees(alice: Caller) -> None:
    (asset_id,) = listed_assets("alice", "i")
    response = alice.request("GET", "/api/v2/assets", headers={"x-viewer-host": "localhost:8000"})
    assert response.json()["assets"][0]["url"] == f"http://localhost:8000/api/v2/assets/{asset_id}"
