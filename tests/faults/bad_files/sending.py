"""Sending a file in every possible way, and checks of the responses."""

from typing import TYPE_CHECKING

from asset_api.media import file_types, inspection
from tests.functions.gateway import Caller, Response
from tests.functions.triggers import file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SUPPORTED = "Supported: jpg, jpeg, png, gif, webp, mp4, mov"
MIME = {extension: each.mime for each in file_types.SUPPORTED for extension in each.extensions}


def sent_both_ways(alice: Caller, s3: "S3Client", extension: str, data: bytes) -> list[Response]:
    """Send the file in one request, and by form with its event; return the responses of both ways."""
    direct = alice.upload(f"file.{extension}", data, MIME[extension])
    form = alice.ask_for_form(filename=f"file.{extension}").json()
    post(s3, form["upload"], data)
    file_arrived(form["asset_id"])
    return [direct, alice.complete(form["asset_id"])]


def assert_refused(response: Response, *why: str) -> None:
    assert response.status == 400, response.body
    assert response.json()["type"] == "urn:asset-upload-api:problem:invalid-file-type"
    assert response.detail.startswith("Invalid file type: ")
    assert response.detail.endswith(SUPPORTED)
    for words in why:
        assert words in response.detail


def assert_nothing_published(alice: Caller, s3: "S3Client") -> None:
    assert alice.list().json()["assets"] == []
    assert s3.list_objects_v2(Bucket="assets")["KeyCount"] == 0


def assert_published(alice: Caller, s3: "S3Client", extension: str, response: Response) -> bytes:
    """Return the public bytes, which must be served as exactly the declared type."""
    assert response.status == 201, response.body
    asset_id = response.json()["asset_id"]
    stored = s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    data = stored["Body"].read()
    assert stored["ContentType"] == MIME[extension]
    assert stored["ContentDisposition"] == f'inline; filename="file.{extension}"'
    # Public headers must not identify the owner.
    facts = {"duration-seconds", "frames-per-second", "video-codec", "audio-codec"}
    assert stored["Metadata"].keys() <= {"width", "height", "content-credentials"} | facts
    detected = inspection.detect(data)
    assert detected is not None
    assert detected.mime == MIME[extension]
    asset = alice.metadata(asset_id).json()
    assert (asset["file_type"], asset["size_bytes"]) == (MIME[extension], len(data))
    return data
