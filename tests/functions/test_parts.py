"""Uploads in parts: begun, signed, and completed."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from asset_api.uploads import part_tokens
from tests import media
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Caller, Response
from tests.functions.part_uploads import MIB, Upload, uploads
from tests.functions.triggers import public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def test_an_upload_begins_with_five_fields_and_its_division(alice: Caller, clock: Clock) -> None:
    response = alice.begin(filename="film.mp4", size_bytes=40 * MIB)
    body = response.json()
    upload = body.pop("upload")
    url = f"https://{HOST}/api/v2/assets/{body['asset_id']}"
    assert (response.status, response.headers["location"]) == (201, url)
    assert body == {
        "success": True,
        "url": url,
        "asset_id": body["asset_id"],
        "filename": "film.mp4",
        "size_bytes": 40 * MIB,
    }
    assert upload.pop("id")
    assert upload == {
        "part_size": 16 * MIB,
        "part_count": 3,
        "expires_at": (clock() + timedelta(seconds=part_tokens.LIFETIME_SECONDS)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({"size_bytes": 0}, 400, "Empty file"),
        ({"size_bytes": 52_428_801}, 400, "File too large: at most 50 MB (52,428,800 bytes)"),
        ({"size_bytes": 2**63}, 400, "File too large"),
        ({"filename": "a.txt"}, 400, "Invalid file type"),
        ({"content_type": "image/png"}, 400, "Invalid file type"),
        ({"filename": ""}, 422, "filename"),
        ({"size_bytes": None}, 422, "size_bytes"),
        ({"size_bytes": -1}, 422, "size_bytes"),
        ({"size_bytes": "5"}, 422, "size_bytes"),
        ({"size_bytes": 1.5}, 422, "size_bytes"),
        ({"sha256": "ab"}, 422, "sha256"),
        ({"expires_in": 59}, 422, "expires_in"),
        ({"tags": ["<"]}, 422, "tags"),
    ],
)
def test_invalid_requests_begin_nothing(
    fields: dict[str, Any], status: int, detail: str, alice: Caller, s3: "S3Client"
) -> None:
    response = alice.begin(**(dict[str, Any](filename="a.mp4", size_bytes=5) | fields))
    assert (response.status, response.detail[: len(detail)]) == (status, detail)
    assert uploads(s3) == {}


def test_the_deployments_size_limit_applies(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, max_upload_bytes=2**30)
    assert alice.begin(filename="a.mp4", size_bytes=2**30).json()["upload"]["part_count"] == 64
    response = alice.begin(filename="a.mp4", size_bytes=2**30 + 1)
    assert response.detail == "File too large: at most 1024 MB (1,073,741,824 bytes)"
    assert alice.usage().json()["limits"]["max_upload_bytes"] == 2**30


def test_a_part_is_pinned_to_its_number_length_and_upload(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, bytes(16 * MIB + 5))
    response = alice.sign_parts(upload.asset_id, upload.id, [2, 1, 2], content_md5={"2": "XUFAKrxLKna5cZ2REBfFkg=="})
    second, first = response.json()["parts"]
    assert [(part["part_number"], part["size"], part["method"]) for part in (second, first)] == [
        (2, 5, "PUT"),
        (1, 16 * MIB, "PUT"),
    ]
    assert (first["headers"], second["headers"]) == ({}, {"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="})
    url = urlsplit(second["url"])
    query = parse_qs(url.query)
    assert f"{url.scheme}://{url.netloc}" == "https://incoming.s3.us-east-1.amazonaws.com"
    assert url.path == f"/uploads/{upload.asset_id}"
    assert query["partNumber"] == ["2"]
    assert query["uploadId"] == [uploads(s3)[upload.asset_id]]
    assert query["X-Amz-SignedHeaders"] == ["content-length;content-md5;host"]
    assert query["X-Amz-Expires"] == ["3600"]


def test_a_stored_part_is_listed_with_its_size_and_md5(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    part = alice.sign_parts(upload.asset_id, upload.id, [1]).json()["parts"][0]
    query = parse_qs(urlsplit(part["url"]).query)
    assert query["partNumber"] == ["1"]
    upload.send(int(query["partNumber"][0]))
    etag = f'"{hashlib.md5(media.mp4(), usedforsecurity=False).hexdigest()}"'
    assert upload.show().json()["parts"] == [{"part_number": 1, "size": part["size"], "etag": etag}]


@pytest.mark.parametrize(
    ("numbers", "more"),
    [
        ([0], {}),
        ([3], {}),
        ([-1], {}),
        ([2**70], {}),
        ([], {}),
        (list(range(1, 102)), {}),
        ("1", {}),
        ([True], {}),
        ([1.0], {}),
        ([1], {"content_md5": {"2": "XUFAKrxLKna5cZ2REBfFkg=="}}),
        ([1], {"content_md5": {"1": "short"}}),
        ([1], {"content_md5": {"1": "XUFAKrxLKna5cZ2REBfFkg==\n"}}),
        ([1], {"content_md5": {"01": "XUFAKrxLKna5cZ2REBfFkg=="}}),
    ],
)
def test_only_existing_parts_are_signed(numbers: Any, more: dict[str, Any], alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, bytes(16 * MIB + 1))
    assert alice.sign_parts(upload.asset_id, upload.id, numbers, **more).status == 422


def test_publishes_a_file_of_one_part(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4(), tags=["holiday"], sha256=hashlib.sha256(media.mp4()).hexdigest())
    upload.send()
    response = upload.complete()
    asset = response.json()
    assert (response.status, response.headers["location"]) == (201, asset["url"])
    assert (asset["asset_id"], asset["tags"], asset["size_bytes"]) == (upload.asset_id, ["holiday"], len(media.mp4()))
    assert public_bytes(s3, upload.asset_id) == media.mp4()


def test_publishes_a_file_of_several_parts(alice: Caller, s3: "S3Client") -> None:
    data = media.mp4() + (16 * MIB).to_bytes(4) + b"free" + bytes(16 * MIB - 8)
    upload = Upload(alice, s3, data)
    upload.send(2)
    assert [part["part_number"] for part in upload.show().json()["parts"]] == [2]
    upload.send(1)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == data


def test_completing_again_gives_the_same_response(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    first, second = upload.complete(), upload.complete()
    assert (second.status, second.body) == (first.status, first.body)
    assert upload.show().json()["status"] == "completed"
    assert len(alice.list().json()["assets"]) == 1


def test_the_event_publishes_a_file_that_was_completed_in_s3(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    calls.at(2, "after", lambda: triggers.file_arrived(upload.asset_id))
    assert upload.complete().status == 201
    assert len(alice.list().json()["assets"]) == 1


def test_a_409_names_the_missing_parts(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, bytes(40 * MIB))
    upload.send(2)
    response = upload.complete()
    assert (response.status, response.detail) == (
        409,
        "Parts are missing: 1, 3; upload them, then complete the upload",
    )
    assert public(s3) == []


@pytest.mark.parametrize("size", [1, 5 * MIB, 16 * MIB - 1, 16 * MIB + 1])
def test_a_part_of_another_size_counts_as_missing(size: int, alice: Caller, s3: "S3Client") -> None:
    """S3 refuses such a part by its signature; the API does not rely on that."""
    upload = Upload(alice, s3, bytes(16 * MIB + 9))
    upload.send(2)
    upload.send(1, data=bytes(size))
    assert upload.complete().status == 409


def test_refused_bytes_have_a_reason(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.gif(), filename="clip.mp4")
    upload.send()
    for _ in range(2):
        response = upload.complete()
        assert (response.status, response.json()["title"]) == (400, "Invalid file type")
    assert public(s3) == []


def test_a_mismatching_sha256_is_refused(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4(), sha256="0" * 64)
    upload.send()
    assert upload.complete().json()["title"] == "Checksum mismatch"


def test_a_part_replaced_during_complete_is_read_again(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send(data=bytes(len(media.mp4())))
    calls.resume()
    calls.at(1, "after", upload.send)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == media.mp4()


def test_the_same_key_begins_one_upload(alice: Caller, s3: "S3Client") -> None:
    fields: dict[str, Any] = {"filename": "a.mp4", "size_bytes": 5}
    first, second = (alice.begin(key="k", **fields) for _ in range(2))
    assert first.body == second.body
    assert len(uploads(s3)) == 1
    assert alice.begin(key="k", filename="a.mp4", size_bytes=6).status == 409
    assert alice.ask_for_form(key="k", **fields).status == 409


def test_concurrent_requests_with_one_key_keep_the_first_upload(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    responses: list[Response] = []
    fields: dict[str, Any] = {"filename": "a.mp4", "size_bytes": 5}
    calls.at(3, "after", lambda: responses.append(alice.begin(key="k", **fields)))
    responses.append(alice.begin(key="k", **fields))
    assert responses[0].body == responses[1].body
    assert len(uploads(s3)) == 1
    asset_id, upload_id = responses[0].json()["asset_id"], responses[0].json()["upload"]["id"]
    assert alice.show_upload(asset_id, upload_id).status == 200


@pytest.mark.parametrize(("code", "status", "repeated"), [("SlowDown", 503, 201), ("AccessDenied", 403, 500)])
def test_a_missing_permission_to_abort_a_second_upload_is_not_hidden(
    code: str, status: int, repeated: int, alice: Caller, calls: AwsCalls
) -> None:
    """If S3 fails, the bucket's lifecycle ends it."""
    fields: dict[str, Any] = {"filename": "a.mp4", "size_bytes": 5}
    calls.at(3, "after", lambda: alice.begin(key="k", **fields))
    calls.refuse("AbortMultipartUpload", code, status, times=9)
    assert alice.begin(key="k", **fields).status == repeated


def test_an_upload_in_parts_counts_against_the_rate_limit(alice: Caller) -> None:
    responses = [alice.begin(filename="a.mp4", size_bytes=5) for _ in range(11)]
    assert [response.status for response in responses] == [201] * 10 + [429]
    assert responses[-1].detail == "Too many requests"
    assert "retry-after" in responses[-1].headers


def test_an_upload_in_parts_counts_against_the_quota(
    alice: Caller, monkeypatch: pytest.MonkeyPatch, s3: "S3Client"
) -> None:
    configure(monkeypatch, max_owner_bytes=100)
    assert alice.begin(filename="a.mp4", size_bytes=101).status == 403
    assert uploads(s3) == {}


def test_an_upload_in_parts_makes_the_expected_calls(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    assert calls.made == ["UpdateItem", "CreateMultipartUpload"]
    calls.made.clear()
    alice.sign_parts(upload.asset_id, upload.id, [1])
    assert calls.made == []
    upload.send()
    upload.show()
    assert calls.made == ["ListParts"]
    calls.made.clear()
    upload.complete()
    assert calls.made == [
        "ListParts",
        "CompleteMultipartUpload",
        "BatchGetItem",
        "GetObject",
        "CopyObject",
        "TransactWriteItems",
    ]
    calls.made.clear()
    upload.complete()
    assert calls.made == ["ListParts", "BatchGetItem"]
