"""Direct uploads: one request, one file."""

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from asset_api.media.file_types import from_mime
from asset_api.uploads.synchronous_uploads import DIRECT_MAX_BYTES
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Caller
from tests.functions.triggers import deliver, message, public_bytes
from tests.samples import MIME

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

SUPPORTED = "jpg, jpeg, png, gif, webp, mp4, mov"


@pytest.mark.parametrize(("extension", "mime"), MIME.items())
def test_accepts_each_of_the_seven_types(extension: str, mime: str, alice: Caller, s3: "S3Client") -> None:
    data = media.SAMPLES[extension]()
    response = alice.upload(f"file.{extension}", data, mime)
    assert response.status == 201, response.body
    body = response.json()
    asset_id = body["asset_id"]
    url = f"https://{HOST}/api/v2/assets/{asset_id}"
    stored = s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    published = stored["Body"].read()
    assert body == {
        "success": True,
        "url": url,
        "asset_id": asset_id,
        "filename": f"file.{extension}",
        "size_bytes": len(published),
    }
    assert response.headers["location"] == url
    assert response.headers["content-type"] == "application/json"
    assert stored["ContentType"] == mime
    assert stored["ContentDisposition"] == f'inline; filename="file.{extension}"'
    assert stored["CacheControl"] == "public, max-age=31536000, immutable"
    # Public headers must not identify the owner.
    # The .jpeg sample is a photo that its EXIF rotates.
    width, height = ("48", "64") if extension == "jpeg" else ("64", "48")
    of_video = {"duration-seconds": "1.0", "frames-per-second": "10.0", "video-codec": "mpeg4"}
    assert stored["Metadata"] == {"width": width, "height": height} | (of_video if mime.startswith("video/") else {})
    asset = alice.metadata(asset_id).json()
    assert (asset["size_bytes"], asset["sha256"]) == (len(published), hashlib.sha256(published).hexdigest())


def test_serves_a_file_without_metadata_as_it_was_sent(alice: Caller, s3: "S3Client") -> None:
    asset_id = alice.upload("image.jpg", media.jpeg()).json()["asset_id"]
    assert public_bytes(s3, asset_id) == media.jpeg()


def test_removes_the_position_and_the_camera_from_a_photo(alice: Caller, s3: "S3Client") -> None:
    asset_id = alice.upload("photo.jpg", media.jpeg(exif=True)).json()["asset_id"]
    published = public_bytes(s3, asset_id)
    assert b"Camera Maker" not in published
    asset = alice.metadata(asset_id).json()
    assert asset["size_bytes"] == len(published) < len(media.jpeg(exif=True))
    assert asset["sha256"] == hashlib.sha256(published).hexdigest()


def test_keeps_all_metadata_if_configured(alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, remove_personal_metadata=False)
    asset_id = alice.upload("photo.jpg", media.jpeg(exif=True)).json()["asset_id"]
    assert public_bytes(s3, asset_id) == media.jpeg(exif=True)


def test_sets_a_shorter_cdn_lifetime_without_invalidations(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, cdn_lifetime_seconds=300)
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    stored = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    assert stored["CacheControl"] == "public, max-age=31536000, immutable, s-maxage=300"


def test_keeps_any_name_and_serves_it_with_the_file(alice: Caller, s3: "S3Client") -> None:
    response = alice.upload('C:\\photos\\Ünï "côdé" \u202e100%.jpg', media.jpeg())
    assert response.json()["filename"] == 'Ünï "côdé" 100%.jpg'
    stored = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{response.json()['asset_id']}")
    assert stored["ContentDisposition"] == (
        "inline; filename=\"_n_ _c_d__ 100_.jpg\"; filename*=UTF-8''%C3%9Cn%C3%AF%20%22c%C3%B4d%C3%A9%22%20100%25.jpg"
    )


def test_accepts_a_file_of_exactly_the_direct_limit(alice: Caller) -> None:
    response = alice.upload("clip.mp4", media.padded_mp4(DIRECT_MAX_BYTES))
    assert (response.status, response.json()["size_bytes"]) == (201, DIRECT_MAX_BYTES)


def test_refuses_one_byte_more_and_suggests_a_form(alice: Caller) -> None:
    response = alice.upload("clip.mp4", media.padded_mp4(DIRECT_MAX_BYTES + 1))
    assert response.status == 413
    assert response.detail == (
        "File too large for one request, which takes 4 MiB (4,194,304 bytes). Send larger files, up to 50 MB "
        "(52,428,800 bytes), with an upload form: POST the file's name and size to /api/v2/upload-asset as "
        "application/json"
    )


@pytest.mark.parametrize(
    ("name", "content_type", "data", "detail"),
    [
        ("image.jpg", "image/jpeg", media.gif(), "declared as image/jpeg, but the bytes are those of image/gif"),
        ("image.jpg", "image/jpeg", b"MZ\x90\0", "declared as image/jpeg, but the bytes are not those of image/jpeg"),
        ("image.gif", None, b"GIF89a=1;/*", "declared as image/gif, but the bytes are not those of image/gif"),
        ("image.exe", None, media.jpeg(), ".exe files are not supported"),
        ("image.svg", "image/svg+xml", b"<svg/>", ".svg files are not supported"),
        ("image", "text/html", b"<p>", "text/html is not supported"),
        (
            "image",
            "application/octet-stream",
            media.jpeg(),
            "neither the file name nor the content type names a type",
        ),
        ("image.png", "image/jpeg", media.png(), "the name says image/png, the content type image/jpeg"),
    ],
)
def test_refuses_other_types(name: str, content_type: str | None, data: bytes, detail: str, alice: Caller) -> None:
    response = alice.upload(name, data, content_type)
    assert response.status == 400
    assert response.detail == f"Invalid file type: {detail}. Supported: {SUPPORTED}"


def test_refuses_an_empty_file(alice: Caller) -> None:
    response = alice.upload("image.jpg", b"")
    assert (response.status, response.detail) == (400, "Empty file: it has no bytes")


@pytest.mark.parametrize("name", ["/", "\\", " ", "folder/", "\u202e"])
def test_refuses_a_file_without_a_name(name: str, alice: Caller) -> None:
    response = alice.upload(name, media.jpeg(), "image/jpeg")
    assert (response.status, response.detail) == (422, "filename: must name the file")


def test_refuses_a_name_of_more_than_255_characters(alice: Caller) -> None:
    assert alice.upload("é" * 251 + ".jpg", media.jpeg()).status == 201
    response = alice.upload("é" * 252 + ".jpg", media.jpeg())
    assert (response.status, response.detail) == (422, "filename: must have at most 255 characters")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "file: exactly one file is required in a part named file, not 0"),
        (b"junk", "body: is not a well-formed multipart/form-data body"),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--b--\r\n',
            "file: must be a file: its part has no file name",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nx\r\n--b--\r\n',
            "file: exactly one file is required in a part named file, not 0",
        ),
    ],
)
def test_refuses_a_body_without_one_file(body: bytes, detail: str, alice: Caller) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    response = alice.request("POST", "/api/v2/upload-asset", body=body, headers=headers)
    assert (response.status, response.detail) == (422, detail)


def test_refused_files_are_not_stored(alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    alice.upload("image.jpg", media.gif())
    alice.upload("image.jpg", b"")
    assert s3.list_objects_v2(Bucket="incoming")["KeyCount"] == 0
    assert dynamodb.scan(TableName="requests")["Count"] == 0


def test_the_event_of_a_direct_upload_changes_nothing(alice: Caller, s3: "S3Client") -> None:
    asset_id = alice.upload("photo.jpg", media.jpeg(exif=True)).json()["asset_id"]
    before = (alice.list().json(), public_bytes(s3, asset_id))
    assert deliver(message(f"uploads/{asset_id}")) == []
    assert (alice.list().json(), public_bytes(s3, asset_id)) == before


def test_the_event_of_a_direct_upload_knows_its_sha256(alice: Caller, s3: "S3Client") -> None:
    """List the checksum even if the event publishes first and S3 returns none for the copy."""
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    arrived = s3.head_object(Bucket="incoming", Key=f"uploads/{asset_id}")
    assert arrived["Metadata"]["sha256"] == hashlib.sha256(media.png()).hexdigest()


def test_an_upload_overtaken_by_its_event_succeeds(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    """S3 refuses the second conditional write with 409 while the event's copy is in progress, and then with 412."""
    calls.refuse("CopyObject", "ConditionalRequestConflict", 409)
    response = alice.upload("image.png", media.png())
    assert response.status == 201, response.body
    assert public_bytes(s3, response.json()["asset_id"]) == media.png()


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "webp"])
def test_lists_the_dimensions_of_images(extension: str, alice: Caller) -> None:
    alice.upload(f"a.{extension}", media.SAMPLES[extension]())
    (asset,) = alice.list().json()["assets"]
    assert (asset["width"], asset["height"]) == (64, 48)
    assert from_mime(asset["file_type"]) is not None


def test_ids_are_canonical_uuids(alice: Caller) -> None:
    asset_id = alice.upload("a.png", media.png()).json()["asset_id"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", asset_id)
