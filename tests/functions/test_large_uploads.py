"""Multipart uploads to the assets bucket: completed or aborted, without hiding the first failure."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from asset_api.assets.public_urls import object_key
from asset_api.composition import publishing
from asset_api.media import file_types
from asset_api.publishing.arrivals import Upload
from asset_api.publishing.assets_bucket import NotStoredError, ServedHeaders, original_keys
from asset_api.publishing.large import copies, multipart_uploads
from tests.functions.aws_calls import AwsCalls, Stopped

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

ASSET_ID = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
KEY = object_key(ASSET_ID)
HEADERS: ServedHeaders = {"ContentType": "video/mp4", "ContentDisposition": "inline"}


def left(s3: "S3Client") -> list[str]:
    return [each["Key"] for each in s3.list_multipart_uploads(Bucket="assets").get("Uploads", [])]


def write(*, end: BaseException | None = None) -> None:
    with multipart_uploads.begin(publishing.assets_bucket(), KEY, HEADERS, {"width": "1"}) as upload:
        part = upload.write_part(1, b"bytes")
        if end:
            raise end
        upload.finish([part], size_bytes=5)


def test_a_finished_upload_has_all_bytes_and_headers(s3: "S3Client") -> None:
    write()
    stored = s3.get_object(Bucket="assets", Key=KEY)
    assert (stored["Body"].read(), stored["ContentType"], stored["Metadata"]) == (b"bytes", "video/mp4", {"width": "1"})
    assert left(s3) == []


@pytest.mark.parametrize("end", [NotStoredError(), Stopped(), ValueError()])
def test_a_failed_upload_leaves_nothing(end: BaseException, s3: "S3Client") -> None:
    with pytest.raises(type(end)):
        write(end=end)
    assert left(s3) == []
    assert "Contents" not in s3.list_objects_v2(Bucket="assets")


@pytest.mark.parametrize(("code", "status"), [("SlowDown", 503), ("InternalError", 500), ("NoSuchUpload", 404)])
def test_a_failed_abort_does_not_hide_the_first_failure(
    code: str, status: int, s3: "S3Client", calls: AwsCalls, caplog: pytest.LogCaptureFixture
) -> None:
    calls.refuse("AbortMultipartUpload", code, status, times=9)
    with pytest.raises(NotStoredError):
        write(end=NotStoredError())
    assert left(s3) == [KEY]
    assert ("parts left to the bucket's lifecycle" in caplog.text) == (code != "NoSuchUpload")


def receive(*, end: BaseException) -> None:
    """Write a stream of two parts that fails, as `ingest` does."""

    def parts() -> Iterator[bytes]:
        yield b"second"
        raise end

    upload = Upload(ASSET_ID, "alice", "clip.mp4", file_types.MP4)
    publishing.incoming_bucket().write(upload, bytes(file_types.HEAD_BYTES), parts())


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("written", [write, receive])
@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [("AccessDenied", 403, ClientError), ("SlowDown", 503, NotStoredError), ("NoSuchUpload", 404, NotStoredError)],
)
def test_a_missing_permission_to_abort_is_not_hidden_and_hides_nothing_else(
    written: Callable[..., None], code: str, status: int, raised: type[Exception], calls: AwsCalls
) -> None:
    calls.refuse("AbortMultipartUpload", code, status, times=9)
    with pytest.raises(raised):
        written(end=NotStoredError())


@pytest.mark.parametrize("operation", ["UploadPart", "CompleteMultipartUpload"])
def test_an_aborted_upload_stores_nothing(operation: str, s3: "S3Client", calls: AwsCalls) -> None:
    def end() -> None:
        multipart_uploads.abort_all(publishing.assets_bucket(), {KEY})

    calls.at({"UploadPart": 2, "CompleteMultipartUpload": 3}[operation], "before", end)
    with pytest.raises(NotStoredError):
        write()
    assert calls.made[-2:] == [operation, "AbortMultipartUpload"]
    assert "Contents" not in s3.list_objects_v2(Bucket="assets")


def test_aborts_only_the_uploads_of_the_given_keys(s3: "S3Client") -> None:
    ended = original_keys([ASSET_ID, ASSET_ID[:-1] + "3"])
    others = [object_key(ASSET_ID[:-1]), object_key(ASSET_ID + "0"), f"{object_key(ASSET_ID)}/w160.webp"]
    for key in (*ended, *others):
        s3.create_multipart_upload(Bucket="assets", Key=key)
    multipart_uploads.abort_all(publishing.assets_bucket(), ended)
    assert sorted(left(s3)) == sorted(others)


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("UploadPartCopy", "NoSuchKey", 404),
        ("UploadPartCopy", "PreconditionFailed", 412),
        ("UploadPartCopy", "NoSuchUpload", 404),
        ("CompleteMultipartUpload", "NoSuchUpload", 404),
    ],
)
def test_a_copy_of_a_deleted_source_stores_nothing(
    operation: str, code: str, status: int, s3: "S3Client", calls: AwsCalls
) -> None:
    s3.put_object(Bucket="assets", Key=KEY, Body=b"bytes", ContentType="video/mp4")
    found = s3.head_object(Bucket="assets", Key=KEY)
    target = object_key(ASSET_ID, "private")
    calls.refuse(operation, code, status, times=9)
    bucket = publishing.assets_bucket()
    with pytest.raises(NotStoredError):
        copies.copy(bucket, bucket.copy_source(ASSET_ID), found, target, HEADERS, {})
    assert left(s3) == []
