"""Upload, any size up to 50 MB: straight to S3 with a form."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import media
from tests.e2e.client import SUPPORTED, Caller, refused, succeeded
from tests.e2e.local_stack import LocalStack
from tests.samples import CLEAN, MIME

LIMIT = 50 * 1024 * 1024
REQUEST = "/api/v2/upload-asset"


@pytest.mark.parametrize("extension", CLEAN)
def test_a_file_posted_with_a_form_is_published_when_it_is_completed(
    extension: str, alice: Caller, stack: LocalStack
) -> None:
    name, data = f"sample.{extension}", CLEAN[extension]
    form_response = alice.ask_for_form(name, content_type=MIME[extension], size_bytes=len(data))
    response = succeeded(form_response, 201)
    asset_id = response["asset_id"]
    url = f"{stack.url}/api/v2/assets/{asset_id}"
    assert form_response.headers["location"] == url
    posted = alice.post(response["upload"], data)
    assert posted.status_code == 201
    assert posted.headers["etag"] == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    assert posted.headers["location"].endswith(response["upload"]["key"])
    completed = alice.complete(asset_id)
    asset = succeeded(completed, 201)
    assert completed.headers["location"] == url
    assert asset.pop("success") is True
    shown = alice.metadata(asset_id).json()
    assert asset == {**shown, "thumbhash": asset["thumbhash"]}  # which may have become known meanwhile
    assert (asset["filename"], asset["file_type"], asset["size_bytes"]) == (name, MIME[extension], len(data))
    public = alice.http.get(url)
    assert (public.status_code, public.headers["content-type"]) == (200, MIME[extension])
    assert public.content == data


def test_the_response_has_the_five_fields_and_a_form(alice: Caller, stack: LocalStack) -> None:
    before = datetime.now(UTC)
    body = succeeded(alice.ask_for_form("clip.mp4", content_type="video/mp4", size_bytes=31457280), 201)
    upload = body.pop("upload")
    asset_id = body["asset_id"]
    assert body == {
        "success": True,
        "url": f"{stack.url}/api/v2/assets/{asset_id}",
        "asset_id": asset_id,
        "filename": "clip.mp4",
        "size_bytes": 31457280,
    }
    assert upload.keys() == {"method", "url", "fields", "key", "expires", "expires_at"}
    assert (upload["method"], upload["expires"]) == ("POST", 900)
    assert upload["key"] == upload["fields"]["key"] == f"uploads/{asset_id}"
    assert all(isinstance(value, str) for value in upload["fields"].values())
    issued_at = datetime.fromisoformat(upload["expires_at"]) - timedelta(seconds=upload["expires"])
    assert before - timedelta(seconds=1) <= issued_at <= datetime.now(UTC)


def test_the_policy_pins_every_field(alice: Caller) -> None:
    body = succeeded(alice.ask_for_form("clip.mp4", size_bytes=12345), 201)
    fields = body["upload"]["fields"]
    conditions = conditions_of(fields)
    assert ["content-length-range", 12345, 12345] in conditions
    pinned = {
        name: value for condition in conditions if isinstance(condition, dict) for name, value in condition.items()
    }
    assert pinned.pop("bucket") in body["upload"]["url"]
    # Every field except the policy and its signature, each with the only accepted value.
    assert pinned == {name: value for name, value in fields.items() if name not in ("policy", "x-amz-signature")}
    assert {"key", "Content-Type", "x-amz-meta-owner", "x-amz-meta-filename"} <= pinned.keys()
    assert pinned["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_a_form_without_a_size_accepts_up_to_50_mb(alice: Caller) -> None:
    body = succeeded(alice.ask_for_form("clip.mp4"), 201)
    assert body["size_bytes"] is None
    assert ["content-length-range", 1, LIMIT] in conditions_of(body["upload"]["fields"])


@pytest.mark.parametrize("declared", [None, "application/octet-stream", "", "IMAGE/JPEG; q=1", "image/jpg"])
def test_the_content_type_may_be_omitted_or_an_alias(declared: str | None, alice: Caller) -> None:
    body = succeeded(alice.ask_for_form("image.jpg", content_type=declared), 201)
    assert body["upload"]["fields"]["Content-Type"] == "image/jpeg"


def test_50_mb_come_back_byte_for_byte(alice: Caller) -> None:
    data = media.padded_mp4(LIMIT)
    digest = hashlib.sha256(data).hexdigest()
    asset_id = alice.arrived("clip.mp4", data, size_bytes=LIMIT, sha256=digest)["asset_id"]
    asset = succeeded(alice.complete(asset_id), 201)
    assert (asset["size_bytes"], asset["sha256"]) == (LIMIT, digest)
    assert hashlib.sha256(alice.get(asset_id).content).hexdigest() == digest
    step = 16 * 1024 * 1024
    for start in range(0, LIMIT, step):
        part = alice.get(asset_id, range=f"bytes={start}-{start + step - 1}")
        end = min(start + step, LIMIT)
        assert (part.status_code, part.headers["content-range"]) == (206, f"bytes {start}-{end - 1}/{LIMIT}")
        assert part.content == data[start:end]


def test_more_than_50_mb_is_refused(alice: Caller) -> None:
    succeeded(alice.ask_for_form("clip.mp4", size_bytes=LIMIT), 201)
    detail = refused(alice.ask_for_form("clip.mp4", size_bytes=LIMIT + 1), 400)
    assert detail.startswith("File too large")
    assert "50 MB (52,428,800 bytes)" in detail


def test_an_empty_file_is_refused_before_it_is_posted(alice: Caller) -> None:
    assert refused(alice.ask_for_form("clip.mp4", size_bytes=0), 400).startswith("Empty file")


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [("note.txt", None), ("image.svg", None), ("name", None), ("image.jpg", "image/png"), ("x.mp4", "video/webm")],
)
def test_an_unsupported_type_gets_no_form(filename: str, content_type: str | None, alice: Caller) -> None:
    detail = refused(alice.ask_for_form(filename, content_type=content_type), 400)
    assert detail.startswith("Invalid file type")
    assert detail.endswith(f"Supported: {SUPPORTED}")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "filename"),
        ({"filename": None}, "filename"),
        ({"filename": ""}, "filename"),
        ({"filename": 7}, "filename"),
        ({"filename": ["clip.mp4"]}, "filename"),
        ({"filename": "/"}, "filename"),
        ({"filename": "x" * 256 + ".mp4"}, "filename"),
        ({"filename": "clip.mp4", "content_type": 7}, "content_type"),
        ({"filename": "clip.mp4", "size_bytes": "31457280"}, "size_bytes"),
        ({"filename": "clip.mp4", "size_bytes": 1.5}, "size_bytes"),
        ({"filename": "clip.mp4", "size_bytes": True}, "size_bytes"),
        ({"filename": "clip.mp4", "size_bytes": -1}, "size_bytes"),
        ({"filename": "clip.mp4", "sha256": "abc"}, "sha256"),
        ({"filename": "clip.mp4", "sha256": "g" * 64}, "sha256"),
        ([], "body"),
        ("clip.mp4", "body"),
    ],
)
def test_a_422_names_the_missing_or_invalid_field(body: Any, field: str, alice: Caller) -> None:
    assert refused(alice.send("POST", REQUEST, json=body), 422).startswith(f"{field}: ")


@pytest.mark.parametrize("content", [b"", b"{", b'{"filename": "clip.mp4"', b"\xff\xfe", b"filename=clip.mp4", b"null"])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_malformed_json_is_refused(content: bytes, content_type: str, alice: Caller) -> None:
    response = alice.send("POST", REQUEST, content=content, headers={"Content-Type": content_type})
    assert refused(response, 422).startswith("body: ")


def conditions_of(fields: dict[str, str]) -> list[Any]:
    conditions: list[Any] = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    return conditions
