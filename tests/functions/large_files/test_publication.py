"""Publication of large files by their event: metadata is removed from some parts, and S3 copies the others."""

import hashlib
from typing import TYPE_CHECKING

from tests import media
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller
from tests.functions.large_files.files import (
    PERSONAL,
    PLAIN,
    PUBLICATION_CALLS,
    SIZE,
    completed_upload,
    deliver_event,
    unfinished_assemblies,
    without_metadata,
)
from tests.functions.part_uploads import Upload
from tests.functions.triggers import arrived, public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def test_complete_returns_202_until_the_event_has_published_the_file(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, PLAIN)
    upload.send()
    for _ in range(2):
        response = upload.complete()
        assert (response.status, response.json()["status"], response.headers["retry-after"]) == (202, "publishing", "5")
        assert alice.metadata(upload.asset_id).status == 404
        assert upload.show().json()["status"] == "completed"
    assert deliver_event(upload.asset_id)
    response = upload.complete()
    assert (response.status, response.json()["size_bytes"], response.json()["width"]) == (201, SIZE, 64)
    assert public_bytes(s3, upload.asset_id) == PLAIN
    assert (arrived(s3), unfinished_assemblies(s3)) == ([], [])


def test_a_file_posted_with_a_form_is_completed_the_same_way(alice: Caller, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()
    triggers.post(s3, form["upload"], PLAIN)
    assert alice.complete(form["asset_id"]).status == 202
    assert deliver_event(form["asset_id"])
    assert alice.complete(form["asset_id"]).status == 201


def test_removes_personal_metadata_and_copies_the_rest(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = completed_upload(alice, s3, PERSONAL)
    calls.resume()
    assert deliver_event(upload.asset_id)
    assert b"taken" not in public_bytes(s3, upload.asset_id)
    assert public_bytes(s3, upload.asset_id) == without_metadata(PERSONAL)
    assert calls.made.count("UploadPartCopy") == 2
    assert calls.made.count("UploadPart") == 1


def test_a_large_file_has_the_headers_of_a_small_one(alice: Caller, s3: "S3Client") -> None:
    large = completed_upload(alice, s3, expires_in=3600)
    assert deliver_event(large.asset_id)
    small = Upload(alice, s3, media.mp4(), expires_in=3600)
    small.send()
    small.complete()
    served, as_usual = (
        s3.head_object(Bucket="assets", Key=f"api/v2/assets/{each.asset_id}") for each in (large, small)
    )
    for name in ("ContentType", "ContentDisposition", "CacheControl"):
        assert served[name] == as_usual[name]
    assert served["Metadata"].keys() == as_usual["Metadata"].keys()


def test_a_declared_sha256_is_verified_and_listed(alice: Caller, s3: "S3Client") -> None:
    digest = hashlib.sha256(PLAIN).hexdigest()
    upload = completed_upload(alice, s3, sha256=digest)
    assert deliver_event(upload.asset_id)
    assert upload.complete().json()["sha256"] == digest


def test_sha256_is_omitted_if_undeclared_or_of_the_original_bytes(alice: Caller, s3: "S3Client") -> None:
    plain = completed_upload(alice, s3)
    personal = completed_upload(alice, s3, PERSONAL, sha256=hashlib.sha256(PERSONAL).hexdigest())
    for upload in (plain, personal):
        assert deliver_event(upload.asset_id)
        assert "sha256" not in upload.complete().json()


def test_a_duplicate_event_changes_nothing(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = completed_upload(alice, s3)
    assert deliver_event(upload.asset_id)
    before = alice.list().body
    calls.resume()
    assert deliver_event(upload.asset_id)
    assert (alice.list().body, calls.made[:2]) == (before, ["GetObject", "Query"])


def test_each_202_makes_the_expected_calls(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, PLAIN)
    upload.send()
    calls.resume()
    assert upload.complete().status == 202
    assert calls.made == ["ListParts", "CompleteMultipartUpload"]
    calls.resume()
    assert upload.complete().status == 202
    assert calls.made == ["ListParts", "BatchGetItem", "GetObject", "BatchGetItem", "PutItem"]
    calls.resume()
    assert upload.complete().status == 202
    assert calls.made == ["ListParts", "BatchGetItem", "GetObject", "BatchGetItem"]


def test_publication_makes_the_expected_calls(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = completed_upload(alice, s3)
    calls.resume()
    assert deliver_event(upload.asset_id)
    assert calls.made == PUBLICATION_CALLS


def test_the_event_of_an_unknown_key_is_ignored(s3: "S3Client") -> None:
    assert deliver_event("not-an-id")
    assert public(s3) == []
