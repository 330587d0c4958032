"""The owner's list, and one asset of it."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, refused, someone, succeeded
from tests.e2e.local_stack import LocalStack

ALWAYS = {"asset_id", "filename", "file_type", "size_bytes", "uploaded_at", "url", "source", "content_credentials"}
FILES = {"1.png": media.png(), "2.mp4": media.mp4(), "3.gif": media.gif(), "4.mov": media.mov(), "5.webp": media.webp()}


@dataclass(frozen=True)
class Gallery:
    """An owner with one file of each of `FILES`, which no test changes; the ids newest first."""

    owner: Caller
    ids: list[str]

    def images(self) -> list[str]:
        return [self.ids[0], self.ids[2], self.ids[4]]


@pytest.fixture(scope="module")
def gallery(stack: LocalStack, http: httpx.Client) -> Gallery:
    owner = someone(stack, http)
    ids = [owner.uploaded(name, data)["asset_id"] for name, data in FILES.items()]
    return Gallery(owner, ids[::-1])


def test_an_owner_without_assets_has_an_empty_list(alice: Caller) -> None:
    empty = {"success": True, "assets": [], "limit": 50, "offset": 0, "next_cursor": None}
    assert succeeded(alice.list_assets(), 200) == empty


def test_the_list_is_newest_first(gallery: Gallery) -> None:
    body = succeeded(gallery.owner.list_assets(), 200)
    assert body.keys() == {"success", "assets", "limit", "offset", "next_cursor"}
    assert (body["success"], body["limit"], body["offset"], body["next_cursor"]) == (True, 50, 0, None)
    assert [asset["asset_id"] for asset in body["assets"]] == gallery.ids
    assert [asset["filename"] for asset in body["assets"]] == [*FILES][::-1]


def test_an_image_is_listed_with_all_its_properties(alice: Caller, stack: LocalStack) -> None:
    data = media.png(40, 30)
    asset_id = alice.uploaded("image.png", data)["asset_id"]
    (asset,) = succeeded(alice.list_assets(), 200)["assets"]
    uploaded_at = asset.pop("uploaded_at")
    # Known a moment later: tests/e2e/test_renditions.py waits for it.
    asset.pop("thumbhash")
    assert asset == {
        "asset_id": asset_id,
        "filename": "image.png",
        "file_type": "image/png",
        "size_bytes": len(data),
        "url": f"{stack.url}/api/v2/assets/{asset_id}",
        "source": "upload",
        "content_credentials": "none",
        "tags": [],
        "expires_at": None,
        "visibility": "public",
        "thumbnail_url": f"{stack.url}/api/v2/assets/{asset_id}/w320.webp",
        "sha256": hashlib.sha256(data).hexdigest(),
        "width": 40,
        "height": 30,
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", uploaded_at)
    age = datetime.now(UTC) - datetime.fromisoformat(uploaded_at).replace(tzinfo=UTC)
    assert timedelta(seconds=-1) < age < timedelta(minutes=10)


def test_unknown_properties_of_a_video_are_omitted(gallery: Gallery) -> None:
    (video,) = [
        asset for asset in succeeded(gallery.owner.list_assets(), 200)["assets"] if asset["filename"] == "2.mp4"
    ]
    assert video.keys() >= ALWAYS
    assert all(video[name] for name in ("sha256", "width", "height") if name in video)
    assert not {"job_id", "source_url"} & video.keys()


def test_metadata_equals_the_assets_entry_in_the_list(gallery: Gallery) -> None:
    for asset in succeeded(gallery.owner.list_assets(), 200)["assets"]:
        shown = succeeded(gallery.owner.metadata(asset["asset_id"]), 200)
        # A thumbhash may have become known meanwhile.
        assert {**shown, "thumbhash": None} == {**asset, "thumbhash": None}


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_offsets_reach_the_whole_list(limit: int, gallery: Gallery) -> None:
    found: list[str] = []
    for offset in range(0, len(gallery.ids), limit):
        body = succeeded(gallery.owner.list_assets(limit=limit, offset=offset), 200)
        assert (body["limit"], body["offset"]) == (limit, offset)
        assert len(body["assets"]) <= limit
        found += [asset["asset_id"] for asset in body["assets"]]
    assert found == gallery.ids
    assert succeeded(gallery.owner.list_assets(limit=limit, offset=len(found)), 200)["assets"] == []


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_cursors_reach_the_whole_list(limit: int, gallery: Gallery) -> None:
    assert walked(gallery.owner, limit=limit) == gallery.ids


def test_a_cursor_continues_after_an_offset_page(gallery: Gallery) -> None:
    cursor = succeeded(gallery.owner.list_assets(limit=2, offset=1), 200)["next_cursor"]
    rest = succeeded(gallery.owner.list_assets(cursor=cursor), 200)
    assert [asset["asset_id"] for asset in rest["assets"]] == gallery.ids[3:]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_file_type_filters_the_list(limit: int, gallery: Gallery) -> None:
    images = gallery.images()
    assert walked(gallery.owner, limit=limit, file_type="image") == images
    assert walked(gallery.owner, limit=limit, file_type="video") == [i for i in gallery.ids if i not in images]


def test_an_offset_counts_only_assets_of_the_requested_type(gallery: Gallery) -> None:
    body = succeeded(gallery.owner.list_assets(file_type="image", offset=1), 200)
    assert [asset["asset_id"] for asset in body["assets"]] == gallery.images()[1:]


def test_paging_by_cursor_misses_nothing_despite_uploads_and_deletes(alice: Caller) -> None:
    oldest, middle, newest = (alice.uploaded("image.png", media.png())["asset_id"] for _ in range(3))
    first = succeeded(alice.list_assets(limit=1), 200)
    assert [asset["asset_id"] for asset in first["assets"]] == [newest]
    alice.uploaded("image.png", media.png())
    succeeded(alice.delete(newest), 200)
    rest = succeeded(alice.list_assets(cursor=first["next_cursor"]), 200)
    assert [asset["asset_id"] for asset in rest["assets"]] == [middle, oldest]


def test_uploads_and_deletes_show_in_the_list_at_once(alice: Caller) -> None:
    for _ in range(4):
        asset_id = alice.uploaded("image.png", media.png())["asset_id"]
        assert alice.listed_ids() == [asset_id]
        succeeded(alice.delete(asset_id), 200)
        assert alice.listed_ids() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "ten"),
        ("limit", "1.5"),
        ("limit", ""),
        ("limit", "\N{ARABIC-INDIC DIGIT FIVE}"),
        ("offset", "-1"),
        ("offset", "x"),
        ("offset", "99999999999999999999"),
        ("file_type", "audio"),
        ("file_type", "image/png"),
        ("cursor", "x"),
        ("cursor", "eA=="),
        ("cursor", "é"),
    ],
)
def test_a_422_names_the_invalid_parameter(name: str, value: str, alice: Caller) -> None:
    detail = refused(alice.list_assets(**{name: value}), 422)
    assert detail.startswith(f"{name}: must be ")


@pytest.mark.parametrize("asset_id", ["0199d1a0-0000-7000-8000-000000000000", "x", "x" * 2000])
def test_the_metadata_of_an_unknown_id_is_a_404(asset_id: str, alice: Caller) -> None:
    assert refused(alice.metadata(asset_id), 404) == "Asset not found"


def walked(owner: Caller, **parameters: Any) -> list[str]:
    """Collect all ids, page by page until there is no cursor."""
    body = succeeded(owner.list_assets(**parameters), 200)
    found = [asset["asset_id"] for asset in body["assets"]]
    while cursor := body["next_cursor"]:
        body = succeeded(owner.list_assets(cursor=cursor, **parameters), 200)
        found += [asset["asset_id"] for asset in body["assets"]]
    return found
