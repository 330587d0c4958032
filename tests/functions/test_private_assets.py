"""Private assets: readable only by signed URLs, however they were uploaded."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from asset_api.assets.asset import Visibility
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.cdn import view
from tests.functions.gateway import Caller
from tests.functions.private_assets import (
    BOTH,
    UNKNOWN,
    checked_visibility,
    objects,
    path,
    sign,
    signed,
    uploaded,
    without_request_id,
)
from tests.functions.renditions import viewer
from tests.functions.triggers import file_arrived, post
from tests.videos import video

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@pytest.fixture
def asset_id(alice: Caller) -> str:
    return uploaded(alice)


def _by_form(caller: Caller, s3: "S3Client") -> str:
    form = caller.ask_for_form(filename="image.png", visibility="private").json()
    assert form["upload"]["fields"]["x-amz-meta-visibility"] == "private"
    post(s3, form["upload"], media.png())
    asset = caller.complete(form["asset_id"]).json()
    assert asset["visibility"] == "private"
    assert "&signature=" in asset["thumbnail_url"]
    return str(form["asset_id"])


def _by_event(caller: Caller, s3: "S3Client") -> str:
    form = caller.ask_for_form(filename="image.png", visibility="private").json()
    post(s3, form["upload"], media.png())
    file_arrived(form["asset_id"])
    return str(form["asset_id"])


def _directly(caller: Caller, _s3: "S3Client") -> str:
    return uploaded(caller)


@pytest.mark.parametrize("upload", [_by_form, _by_event, _directly])
def test_a_private_asset_is_readable_only_by_its_signed_url(
    upload: Callable[[Caller, "S3Client"], str], alice: Caller, s3: "S3Client"
) -> None:
    asset_id = upload(alice, s3)
    assert checked_visibility(s3, alice, asset_id) == "private"
    # Also for a HEAD request.
    assert view(s3, signed(alice, asset_id), "HEAD").status == 200
    assert view(s3, path(asset_id), "HEAD").status == 404


def test_without_a_signature_a_private_asset_looks_unknown(
    alice: Caller, asset_id: str, s3: "S3Client", calls: AwsCalls
) -> None:
    assert view(s3, signed(alice, asset_id, rendition="w160.webp")).status == 200
    for rendition in ("", "w160.webp", "w320.jpg", "frame-last.png"):
        seen = []
        for each in (asset_id, UNKNOWN):
            calls.resume()
            response = view(s3, path(each, rendition))
            seen.append((response.status, response.headers, without_request_id(response.body), list(calls.made)))
        assert seen[0] == seen[1]
        assert seen[0][0] == 404
    assert "w320.jpg" not in str(objects(s3))


def test_private_bytes_have_no_cache_lifetime(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    """The distribution's policies decide how long CloudFront caches it, and which lifetime viewers see."""
    served = view(s3, signed(alice, asset_id)).headers
    assert "cache-control" not in served
    assert served["content-disposition"] == 'inline; filename="image.png"'
    first = view(s3, signed(alice, asset_id, rendition="w160.webp"))
    assert first.headers["cache-control"] == "private, no-cache"
    then = view(s3, signed(alice, asset_id, rendition="w160.webp"))
    assert (then.status, then.body, "cache-control" in then.headers) == (200, first.body, False)


@pytest.mark.parametrize("visibility", BOTH)
def test_renditions_are_stored_beside_their_asset(visibility: Visibility, alice: Caller, s3: "S3Client") -> None:
    asset_id = uploaded(alice, visibility)
    is_private = visibility == "private"
    url = signed(alice, asset_id, rendition="w160.webp") if is_private else path(asset_id, "w160.webp")
    assert view(s3, url).status == 200
    viewer.image_published("alice", asset_id, "image/png", visibility=visibility)
    folder = f"{asset_id}/private" if is_private else asset_id
    made = [f"{folder}/w{width}.webp" for width in (160, 320, 640)]
    assert objects(s3) == [*([asset_id] if not is_private else []), *([folder] if is_private else []), *made]
    assert alice.metadata(asset_id).json()["thumbhash"]
    assert alice.delete(asset_id).status == 200
    assert objects(s3) == []


def test_frames_of_a_private_video_are_private(alice: Caller, s3: "S3Client") -> None:
    asset_id = alice.upload("clip.mp4", video(), visibility="private").json()["asset_id"]
    response = view(s3, signed(alice, asset_id, rendition="frame-last.png"))
    assert (response.status, response.headers["content-type"]) == (200, "image/png")
    assert objects(s3) == [f"{asset_id}/private", f"{asset_id}/private/frames/frame-last.png"]
    assert view(s3, path(asset_id, "frame-last.png")).status == 404
    assert sign(alice, asset_id, rendition="w320.webp").detail.startswith("Rendition not found: ")


def test_internal_paths_are_not_found_without_the_edges_header(alice: Caller, asset_id: str) -> None:
    for name in ("private", "private/w160.webp", "private/frames/frame-last.png"):
        response = viewer.request("GET", path(asset_id, name), {})
        assert response.status == 404
        assert without_request_id(response.body)["type"].endswith(":not-found")
    assert alice.delete(asset_id).status == 200
    for name in ("private", "private/w160.webp"):
        response = viewer.request("GET", path(asset_id, name), {"x-verified-query": "expires=1&signature=a"})
        assert without_request_id(response.body)["type"].endswith(":asset-not-found")


def test_decoding_errors_are_shown_only_with_a_signature(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    key = f"api/v2/assets/{asset_id}/private"
    s3.put_object(Bucket="assets", Key=key, Body=b"\xff\xd8\xff\xe0", ContentType="image/jpeg")
    response = view(s3, signed(alice, asset_id, rendition="w160.webp"))
    assert (response.status, response.headers["cache-control"]) == (404, "private, no-cache")
    assert without_request_id(response.body)["detail"].startswith("Rendition not found: the file cannot be decoded")
    assert without_request_id(view(s3, path(asset_id, "w160.webp")).body)["detail"] == "Asset not found"


def test_other_owners_cannot_see_a_private_asset(alice: Caller, bob: Caller, asset_id: str) -> None:
    assert bob.list().json()["assets"] == []
    for response in (bob.metadata(asset_id), bob.change(asset_id, visibility="public"), bob.delete(asset_id)):
        assert (response.status, response.detail) == (404, "Asset not found")
    assert alice.metadata(asset_id).json()["visibility"] == "private"
