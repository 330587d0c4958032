"""Two files with the same MD5 and ETag, posted with one form: an uninspected file is never public."""

import hashlib
from typing import TYPE_CHECKING

import pytest

from asset_api.media import inspection
from asset_api.media.file_types import GIF
from tests.corpus.md5_twins import PAGE, PICTURE
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.triggers import file_arrived, post, public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def test_control_the_twins_differ_in_content_but_not_in_etag(s3: "S3Client") -> None:
    """A copy conditional on the inspected file's ETag would copy the other file."""
    assert hashlib.md5(PICTURE, usedforsecurity=False).digest() == hashlib.md5(PAGE, usedforsecurity=False).digest()
    assert len(PICTURE) == len(PAGE)
    assert (inspection.detect(PICTURE), inspection.detect(PAGE)) == (GIF, None)
    inspected = s3.put_object(Bucket="incoming", Key="twin", Body=PICTURE)["ETag"]
    s3.put_object(Bucket="incoming", Key="twin", Body=PAGE)
    source = {"Bucket": "incoming", "Key": "twin"}
    s3.copy_object(Bucket="assets", Key="twin", CopySource=source, CopySourceIfMatch=inspected)  # type: ignore[arg-type]
    assert s3.get_object(Bucket="assets", Key="twin")["Body"].read() == PAGE


@pytest.mark.parametrize("removes_personal_metadata", [True, False])
@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("asks", ["client", "event"])
def test_a_twin_posted_during_the_publication_is_not_published(
    asks: str,
    number: int,
    alice: Caller,
    s3: "S3Client",
    calls: AwsCalls,
    monkeypatch: pytest.MonkeyPatch,
    *,
    removes_personal_metadata: bool,
) -> None:
    """Both ways into the assets bucket, with the second post before each call."""
    configure(monkeypatch, remove_personal_metadata=removes_personal_metadata)
    picture = alice.upload("picture.gif", PICTURE).json()["asset_id"]
    body = alice.ask_for_form(filename="picture.gif").json()
    version_id = post(s3, body["upload"], PICTURE)
    calls.resume()
    calls.at(number, "before", lambda: post(s3, body["upload"], PAGE))
    if asks == "client":
        alice.complete(body["asset_id"])
    else:
        file_arrived(body["asset_id"], version_id)
    for asset_id in public(s3):
        assert public_bytes(s3, asset_id) == public_bytes(s3, picture)


def test_the_pictures_own_bytes_are_published(alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, remove_personal_metadata=False)
    body = alice.ask_for_form(filename="picture.gif").json()
    post(s3, body["upload"], PICTURE)
    assert alice.complete(body["asset_id"]).status == 201
    assert public_bytes(s3, body["asset_id"]) == PICTURE
