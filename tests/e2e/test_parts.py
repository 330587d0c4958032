"""Uploads in parts: presigned PUTs that accept exactly their bytes, from the request to the published asset."""

import base64
import hashlib
import re
from typing import Any

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, refused, succeeded

MIB = 1024 * 1024


def large_video(size: int) -> bytes:
    """Return a real video, padded with a free box to `size` bytes."""
    video = media.mp4()
    free = size - len(video)
    return video + free.to_bytes(4) + b"free" + bytes(free - 8)


@pytest.fixture
def begun(alice: Caller) -> dict[str, Any]:
    return succeeded(alice.begin("clip.mp4", 17 * MIB), 201)


def test_an_upload_in_parts_is_resumed_and_published(alice: Caller, http: httpx.Client) -> None:
    data = large_video(33 * MIB)
    begun = succeeded(alice.begin("film.mp4", len(data), tags=["holiday"], key="a-key"), 201)
    asset_id, upload_id = begun["asset_id"], begun["upload"]["id"]
    assert (begun["upload"]["part_size"], begun["upload"]["part_count"]) == (16 * MIB, 3)
    signed = succeeded(alice.sign_parts(asset_id, upload_id, [1, 2, 3]), 200)["parts"]
    etags = {}
    for part in (signed[2], signed[0]):
        start = (part["part_number"] - 1) * 16 * MIB
        etags[part["part_number"]] = alice.put_part(part, data[start : start + part["size"]]).headers["etag"]
    assert refused(alice.complete_parts(asset_id, upload_id), 409).startswith("Parts are missing: 2;")
    # Another process resumes the upload from what the API and S3 return.
    assert succeeded(alice.begin("film.mp4", len(data), tags=["holiday"], key="a-key"), 201) == begun
    shown = succeeded(alice.show_upload(asset_id, upload_id), 200)
    assert shown["status"] == "uploading"
    assert {part["part_number"]: part["etag"] for part in shown["parts"]} == etags
    assert alice.put_part(signed[1], data[16 * MIB : 32 * MIB]).status_code == 200
    asset = succeeded(alice.complete_parts(asset_id, upload_id), 201)
    assert (asset["tags"], asset["size_bytes"]) == (["holiday"], len(data))
    assert http.get(asset["url"]).content == data
    assert succeeded(alice.show_upload(asset_id, upload_id), 200)["status"] == "completed"
    assert alice.listed_ids() == [asset_id]


def test_s3_accepts_only_the_signed_part(alice: Caller, begun: dict[str, Any]) -> None:
    asset_id, upload_id = begun["asset_id"], begun["upload"]["id"]
    second = succeeded(alice.sign_parts(asset_id, upload_id, [2]), 200)["parts"][0]
    assert second["size"] == MIB
    other_id = asset_id[:-1] + ("1" if asset_id.endswith("0") else "0")
    others = [
        (second, bytes(MIB + 1)),
        (second, bytes(MIB - 1)),
        (second, b""),
        (second | {"url": second["url"].replace("partNumber=2", "partNumber=3")}, bytes(MIB)),
        (second | {"url": second["url"].replace("partNumber=2", "partNumber=1")}, bytes(16 * MIB)),
        (second | {"url": re.sub("uploadId=[^&]+", "uploadId=other", second["url"])}, bytes(MIB)),
        (second | {"url": second["url"].replace("X-Amz-Expires=3600", "X-Amz-Expires=604800")}, bytes(MIB)),
        (second | {"url": second["url"].replace("content-length%3Bhost", "host")}, bytes(MIB)),
        (second | {"url": second["url"] + "&x-id=PutObject"}, bytes(MIB)),
        (second | {"url": second["url"].replace(asset_id, other_id)}, bytes(MIB)),
        (second | {"method": "POST"}, bytes(MIB)),
        (second | {"url": second["url"].partition("?")[0]}, bytes(MIB)),
    ]
    for part, data in others:
        assert alice.put_part(part, data).status_code >= 400, part["url"]
    assert succeeded(alice.show_upload(asset_id, upload_id), 200)["parts"] == []
    assert alice.put_part(second, bytes(MIB)).status_code == 200


def test_s3_enforces_the_declared_md5_of_a_part(alice: Caller, begun: dict[str, Any]) -> None:
    digest = base64.b64encode(hashlib.md5(bytes(MIB), usedforsecurity=False).digest()).decode()
    signed = alice.sign_parts(begun["asset_id"], begun["upload"]["id"], [2], content_md5={"2": digest})
    part = succeeded(signed, 200)["parts"][0]
    assert part["headers"] == {"Content-MD5": digest}
    assert alice.put_part(part, b"x" * MIB).status_code == 400
    assert alice.put_part(part | {"headers": {}}, bytes(MIB)).status_code == 403
    assert alice.put_part(part, bytes(MIB)).status_code == 200


def test_an_aborted_upload_accepts_no_more_parts(alice: Caller, begun: dict[str, Any]) -> None:
    asset_id, upload_id = begun["asset_id"], begun["upload"]["id"]
    part = succeeded(alice.sign_parts(asset_id, upload_id, [2]), 200)["parts"][0]
    succeeded(alice.abort_upload(asset_id, upload_id), 200)
    assert alice.put_part(part, bytes(MIB)).status_code == 404
    assert refused(alice.complete_parts(asset_id, upload_id), 404) == "Upload not found"


def test_another_origin_may_put_a_part_and_read_its_etag(alice: Caller, begun: dict[str, Any]) -> None:
    part = succeeded(alice.sign_parts(begun["asset_id"], begun["upload"]["id"], [2]), 200)["parts"][0]
    page = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    preflight = alice.http.options(part["url"], headers=page | {"Access-Control-Request-Method": "PUT"})
    assert preflight.status_code == 200
    assert "PUT" in preflight.headers["access-control-allow-methods"]
    sent = alice.put_part(part, bytes(MIB), **page)
    assert sent.status_code == 200
    assert sent.headers["access-control-allow-origin"] in ("*", "https://app.example")
    assert "etag" in sent.headers["access-control-expose-headers"].lower()


def test_another_owner_cannot_use_the_upload(bob: Caller, begun: dict[str, Any]) -> None:
    asset_id, upload_id = begun["asset_id"], begun["upload"]["id"]
    for response in (
        bob.show_upload(asset_id, upload_id),
        bob.sign_parts(asset_id, upload_id, [1]),
        bob.complete_parts(asset_id, upload_id),
        bob.abort_upload(asset_id, upload_id),
    ):
        assert refused(response, 404) == "Upload not found"
