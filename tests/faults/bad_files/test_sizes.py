"""Files of every size at which the response changes."""

from typing import TYPE_CHECKING

import pytest

from asset_api.media import file_types
from asset_api.uploads.synchronous_uploads import DIRECT_MAX_BYTES
from tests import media
from tests.faults.bad_files.sending import (
    MIME,
    assert_nothing_published,
    assert_published,
    assert_refused,
    sent_both_ways,
)
from tests.functions.gateway import Caller
from tests.functions.triggers import file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

# Files of a given size: every type has room for data that decoders skip.
SIZES = {
    "jpg": lambda size_bytes: media.jpeg().ljust(size_bytes, b"\0"),
    "gif": lambda size_bytes: media.gif().ljust(size_bytes, b"\0"),
    "mp4": media.padded_mp4,
}


@pytest.mark.parametrize("extension", SIZES)
@pytest.mark.parametrize("more", [-1, 0])
def test_accepts_a_direct_upload_up_to_its_limit(extension: str, more: int, alice: Caller, s3: "S3Client") -> None:
    data = SIZES[extension](DIRECT_MAX_BYTES + more)
    assert_published(alice, s3, extension, alice.upload(f"file.{extension}", data, MIME[extension]))


@pytest.mark.parametrize("extension", SIZES)
def test_refuses_a_direct_upload_over_its_limit(extension: str, alice: Caller, s3: "S3Client") -> None:
    response = alice.upload(f"file.{extension}", SIZES[extension](DIRECT_MAX_BYTES + 1), MIME[extension])
    assert (response.status, response.json()["type"]) == (413, "urn:asset-upload-api:problem:direct-upload-too-large")
    assert "4 MiB" in response.detail
    assert_nothing_published(alice, s3)


@pytest.mark.parametrize("extension", MIME)
def test_refuses_an_empty_file_of_every_type(extension: str, alice: Caller, s3: "S3Client") -> None:
    for response in (
        alice.upload(f"file.{extension}", b"", MIME[extension]),
        alice.ask_for_form(filename=f"file.{extension}", size_bytes=0),
    ):
        assert (response.status, response.detail.partition(":")[0]) == (400, "Empty file")
    assert_nothing_published(alice, s3)


@pytest.mark.parametrize("extension", MIME)
def test_refuses_a_single_byte_of_every_type(extension: str, alice: Caller, s3: "S3Client") -> None:
    for response in sent_both_ways(alice, s3, extension, media.SAMPLES[extension]()[:1]):
        assert_refused(response, "the bytes are not those of")
    assert_nothing_published(alice, s3)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_publishes_at_most_50_mb(more: int, alice: Caller, s3: "S3Client") -> None:
    size_bytes = file_types.MAX_BYTES + more
    form = alice.ask_for_form(filename="clip.mp4").json()
    post(s3, form["upload"], media.padded_mp4(size_bytes))
    file_arrived(form["asset_id"])
    response = alice.complete(form["asset_id"])
    if more > 0:
        assert (response.status, response.json()["type"]) == (400, "urn:asset-upload-api:problem:file-too-large")
        assert "50 MB (52,428,800 bytes)" in response.detail
        assert_nothing_published(alice, s3)
    else:
        assert (response.status, response.json()["size_bytes"]) == (201, size_bytes)


@pytest.mark.parametrize(
    ("size_bytes", "status"),
    [(0, 400), (1, 201), (file_types.MAX_BYTES, 201), (file_types.MAX_BYTES + 1, 400), (-1, 422), (2**63, 400)],
)
def test_handles_a_declared_size_at_every_limit(size_bytes: int, status: int, alice: Caller) -> None:
    response = alice.ask_for_form(filename="clip.mp4", size_bytes=size_bytes)
    assert response.status == status, response.body
