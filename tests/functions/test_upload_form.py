"""Upload forms: the response, and what the policy allows browsers to post."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.assets import filenames
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

MIB = 1024 * 1024
SHA256 = "ab" * 32
SUPPORTED = "jpg, jpeg, png, gif, webp, mp4, mov"


def policy_of(form: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(base64.b64decode(form["fields"]["policy"]))
    return policy


def test_issues_a_form_that_uppy_accepts(alice: Caller, clock: "Clock") -> None:
    clock.time = datetime(2025, 11, 15, 12, 34, 56, 789000, UTC)
    response = alice.ask_for_form(filename="clip.mp4", content_type="video/mp4", size_bytes=31457280)
    assert response.status == 201, response.body
    body = response.json()
    form = body.pop("upload")
    asset_id = body["asset_id"]
    url = f"https://{HOST}/api/v2/assets/{asset_id}"
    assert body == {
        "success": True,
        "url": url,
        "asset_id": asset_id,
        "filename": "clip.mp4",
        "size_bytes": 31457280,
    }
    assert response.headers["location"] == url
    fields = form.pop("fields")
    assert form == {
        "method": "POST",
        "url": "https://incoming.s3.us-east-1.amazonaws.com/",
        "key": f"uploads/{asset_id}",
        "expires": 900,
        "expires_at": "2025-11-15T12:49:56Z",
    }
    assert fields.keys() == {
        *("key", "Content-Type", "success_action_status", "x-amz-meta-owner", "x-amz-meta-filename"),
        *("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token", "x-amz-signature"),
    }
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert filenames.from_metadata(fields["x-amz-meta-owner"]) == "alice"
    assert filenames.from_metadata(fields["x-amz-meta-filename"]) == "clip.mp4"


def test_the_policy_pins_every_field_and_the_exact_size(alice: Caller) -> None:
    form = alice.ask_for_form(filename="clip.mp4", size_bytes=31457280, sha256=SHA256.upper()).json()["upload"]
    policy = policy_of(form)
    assert policy["expiration"] == form["expires_at"]
    (size,) = (condition for condition in policy["conditions"] if isinstance(condition, list))
    assert size == ["content-length-range", 31457280, 31457280]
    pinned: dict[str, str] = {}
    for condition in policy["conditions"]:
        pinned |= condition if isinstance(condition, dict) else {}
    assert pinned.pop("bucket") == "incoming"
    unpinned = {name for name in form["fields"] if name not in ("policy", "x-amz-signature")}
    assert pinned == {name: form["fields"][name] for name in unpinned}
    assert pinned["success_action_status"] == "201"
    assert pinned["x-amz-checksum-sha256"] == base64.b64encode(bytes.fromhex(SHA256)).decode()
    assert pinned["x-amz-meta-sha256"] == SHA256


def test_without_a_declared_size_the_policy_takes_up_to_the_limit(alice: Caller) -> None:
    body = alice.ask_for_form(filename="clip.mp4").json()
    assert body["size_bytes"] is None
    assert ["content-length-range", 1, 50 * MIB] in policy_of(body["upload"])["conditions"]


def test_accepts_exactly_the_limit(alice: Caller) -> None:
    assert alice.ask_for_form(filename="clip.mp4", size_bytes=50 * MIB).status == 201


@pytest.mark.parametrize("size_bytes", [50 * MIB + 1, 10**30])
def test_refuses_more_than_50_mb(size_bytes: int, alice: Caller) -> None:
    response = alice.ask_for_form(filename="clip.mp4", size_bytes=size_bytes)
    assert (response.status, response.detail) == (400, "File too large: at most 50 MB (52,428,800 bytes)")


def test_refuses_an_empty_file(alice: Caller) -> None:
    response = alice.ask_for_form(filename="clip.mp4", size_bytes=0)
    assert (response.status, response.detail) == (400, "Empty file: it has no bytes")


@pytest.mark.parametrize(
    ("filename", "content_type", "expected"),
    [
        ("clip.mp4", None, "video/mp4"),
        ("CLIP.MOV", None, "video/quicktime"),
        ("photo.JPEG", "application/octet-stream", "image/jpeg"),
        ("photo", "image/webp", "image/webp"),
        ("photo.jpg", "image/jpg", "image/jpeg"),
        ("photo.jpg", "Image/JPEG; charset=binary", "image/jpeg"),
    ],
)
def test_the_content_type_comes_from_the_name_or_the_declaration(
    filename: str, content_type: str | None, expected: str, alice: Caller
) -> None:
    form = alice.ask_for_form(filename=filename, content_type=content_type).json()["upload"]
    assert form["fields"]["Content-Type"] == expected


@pytest.mark.parametrize(
    ("filename", "content_type", "detail"),
    [
        ("clip.avi", None, ".avi files are not supported"),
        ("clip", None, "neither the file name nor the content type names a type"),
        ("clip", "text/html", "text/html is not supported"),
        ("clip.mp4", "image/png", "the name says video/mp4, the content type image/png"),
    ],
)
def test_refuses_other_types(filename: str, content_type: str | None, detail: str, alice: Caller) -> None:
    response = alice.ask_for_form(filename=filename, content_type=content_type)
    assert (response.status, response.detail) == (400, f"Invalid file type: {detail}. Supported: {SUPPORTED}")


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({}, "filename: Field required"),
        ({"filename": ""}, "filename: String should have at least 1 character"),
        ({"filename": 5}, "filename: Input should be a valid string"),
        ({"filename": "a" * 256}, "filename: String should have at most 255 characters"),
        ({"filename": "/"}, "filename: must name the file"),
        ({"filename": "a.mp4", "size_bytes": "5"}, "size_bytes: Input should be a valid integer"),
        ({"filename": "a.mp4", "size_bytes": -1}, "size_bytes: Input should be greater than or equal to 0"),
        ({"filename": "a.mp4", "size_bytes": 1.5}, "size_bytes: Input should be a valid integer"),
        ({"filename": "a.mp4", "size_bytes": True}, "size_bytes: Input should be a valid integer"),
        (
            {"filename": "a.mp4", "sha256": "xy"},
            "sha256: String should match pattern '^[0-9a-fA-F]{64}$'",
        ),
        (
            {"filename": "a.mp4", "sha256": SHA256 + "\n"},
            "sha256: String should match pattern '^[0-9a-fA-F]{64}$'",
        ),
    ],
)
def test_names_missing_and_invalid_fields(fields: dict[str, Any], detail: str, alice: Caller) -> None:
    response = alice.ask_for_form(**fields)
    assert (response.status, response.detail) == (422, detail)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff", b'{"filename": "\\ud800.jpg"}'])
def test_refuses_a_body_that_is_not_a_json_object(body: bytes, alice: Caller) -> None:
    response = alice.request("POST", "/api/v2/upload-asset", body=body, headers={"content-type": "application/json"})
    assert response.status == 422
    assert response.detail.startswith(("body: ", "filename: "))


@pytest.mark.parametrize(
    ("filename", "content_type", "published"),
    [("photo", "image/png", "photo.png"), (".profile.png", None, "profile.png"), ("...", "image/png", None)],
)
def test_the_published_name_is_visible_and_has_its_types_extension(
    filename: str, content_type: str | None, published: str | None, alice: Caller
) -> None:
    response = alice.ask_for_form(filename=filename, content_type=content_type)
    if published is None:
        assert response.status == 422
        assert response.json()["detail"] == "filename: must name the file"
        return
    assert response.json()["filename"] == published
    metadata = response.json()["upload"]["fields"]["x-amz-meta-filename"]
    assert filenames.from_metadata(metadata) == published


def test_a_form_creates_no_asset(alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    alice.ask_for_form(filename="clip.mp4")
    assert dynamodb.scan(TableName="assets")["Count"] == 0
    assert s3.list_objects_v2(Bucket="incoming")["KeyCount"] == 0
    assert alice.list().json()["assets"] == []


@pytest.mark.parametrize("host", ["localhost:8000", "192.168.1.5:8000"])
def test_a_local_form_is_posted_to_the_host_that_the_client_used(
    host: str, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, endpoint_url="http://127.0.0.1:4566")
    request = {"content-type": "application/json", "x-viewer-host": host}
    response = alice.request("POST", "/api/v2/upload-asset", body=b'{"filename": "clip.mp4"}', headers=request)
    assert response.json()["upload"]["url"] == f"http://{host}/incoming"


def test_the_longest_names_fit_s3s_metadata_limit() -> None:
    """2 KB for the names and values of user metadata (S3 User Guide, "Working with object metadata")."""
    longest = Caller("\N{GRINNING FACE}" * 63 + "abc")
    response = longest.ask_for_form(filename="\N{GRINNING FACE}" * 251 + ".mp4", sha256=SHA256)
    assert response.status == 201
    fields = response.json()["upload"]["fields"]
    metadata = {name: value for name, value in fields.items() if name.startswith("x-amz-meta-")}
    assert sum(len(name) + len(value) for name, value in metadata.items()) <= 2048


def test_a_form_expires_in_fifteen_minutes(alice: Caller, clock: "Clock") -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()["upload"]
    expires_at = datetime.strptime(form["expires_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(seconds=899) < expires_at - clock() <= timedelta(seconds=900)
