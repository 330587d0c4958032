"""Aborts of uploads in parts, despite crashes and concurrent requests, and their expiry after a day."""

from typing import TYPE_CHECKING, Any

import pytest

from asset_api.platform import aws
from asset_api.uploads import part_tokens
from tests import media
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock
from tests.functions.gateway import Caller, Response
from tests.functions.part_uploads import Upload, uploads
from tests.functions.triggers import public

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client


def test_an_aborted_upload_is_gone(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    for _ in range(2):
        assert alice.abort_upload(upload.asset_id, upload.id).status == 200
    assert uploads(s3) == {}
    assert (upload.complete().status, upload.show().status) == (404, 404)
    assert upload.complete().detail == "Upload not found"


def test_a_published_file_cannot_be_aborted_but_deleted(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    upload.complete()
    response = upload.abort()
    assert (response.status, response.detail) == (
        409,
        "The upload is complete and its file is published: delete the asset to remove it",
    )
    assert upload.complete().status == 201
    assert alice.delete(upload.asset_id).status == 200
    assert upload.abort().status == 200  # nothing is left, as requested


def test_aborting_an_upload_whose_asset_has_expired_is_a_404(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = Upload(alice, s3, media.mp4(), expires_in=60)
    upload.send()
    upload.complete()
    clock.advance(60)
    assert (upload.abort().status, upload.show().status) == (404, 404)


def test_an_aborted_complete_file_is_not_published(alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    upload.complete_in_s3()
    assert upload.show().json()["status"] == "completed"
    for _ in range(2):
        assert upload.abort().status == 200
    triggers.deliver_files(s3)
    for response in (upload.complete(), upload.show(), alice.metadata(upload.asset_id)):
        assert response.status == 404
    assert (upload.complete().detail, upload.show().detail) == ("Upload not found", "Upload not found")
    assert (public(s3), alice.list().json()["assets"]) == ([], [])
    triggers.deliver_everything(s3, dynamodb)
    assert (public(s3), triggers.arrived(s3), uploads(s3)) == ([], [], {})


# Calls of `complete`, as in `test_an_upload_in_parts_makes_the_expected_calls`.
@pytest.mark.parametrize("number", range(1, 7))
def test_an_abort_during_complete_leaves_one_winner(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    aborted: list[Response] = []
    calls.at(number, "before", lambda: aborted.append(upload.abort()))
    completed = upload.complete()
    assert (completed.status, aborted[0].status) == (404, 200)
    triggers.deliver_everything(s3, dynamodb)
    assert (public(s3), triggers.arrived(s3), uploads(s3), alice.list().json()["assets"]) == ([], [], {}, [])


@pytest.mark.parametrize("number", range(1, 4))
def test_a_complete_during_abort_leaves_one_winner(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    completed: list[Response] = []
    calls.at(number, "before", lambda: completed.append(upload.complete()))
    aborted = upload.abort()
    is_published = number == 1
    assert (completed[0].status, aborted.status) == ((201, 409) if is_published else (404, 200))
    triggers.deliver_everything(s3, dynamodb)
    assert public(s3) == ([upload.asset_id] if is_published else [])
    assert [asset["asset_id"] for asset in alice.list().json()["assets"]] == public(s3)


@pytest.mark.parametrize("number", range(1, 4))
def test_a_crashed_abort_can_be_repeated(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    with calls.stopped_at(number, "after"):
        upload.abort()
    assert upload.complete().status == 404
    assert upload.abort().status == 200
    triggers.deliver_everything(s3, dynamodb)
    assert (public(s3), triggers.arrived(s3), uploads(s3)) == ([], [], {})


def test_parts_stored_during_the_abort_are_removed(
    alice: Caller, s3: "S3Client", calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    calls.resume()
    abort, left = aws.s3().abort_multipart_upload, [2]

    def abort_some(**request: Any) -> Any:
        left[0] -= 1
        return {} if left[0] >= 0 else abort(**request)

    monkeypatch.setattr(aws.s3(), "abort_multipart_upload", abort_some)
    assert upload.abort().status == 200
    assert uploads(s3) == {}


def test_an_abort_that_leaves_parts_is_an_error(alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    with monkeypatch.context() as without_effect:
        without_effect.setattr(aws.s3(), "abort_multipart_upload", lambda **_: {})
        response = upload.abort()
    assert (response.status, int(response.headers["retry-after"])) == (503, 1)
    assert upload.abort().status == 200
    assert uploads(s3) == {}


def test_an_upload_with_an_empty_part_list_is_aborted(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    """According to S3's reference, the list of parts may be empty after an abort."""
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    monkeypatch.setattr(aws.s3(), "list_parts", lambda **_: {"IsTruncated": False})
    assert upload.abort().status == 200


def test_an_upload_expires_after_a_day(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    clock.advance(part_tokens.LIFETIME_SECONDS - 1)
    assert upload.show().status == 200
    clock.advance(1)
    responses = [
        upload.show(),
        upload.complete(),
        alice.sign_parts(upload.asset_id, upload.id, [1]),
        alice.abort_upload(upload.asset_id, upload.id),
    ]
    assert [(response.status, response.detail) for response in responses] == [(404, "Upload not found")] * 4


def test_a_deleted_asset_is_not_restored(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, media.mp4())
    upload.send()
    upload.complete()
    assert alice.delete(upload.asset_id).status == 200
    assert upload.complete().status == 404
    assert upload.show().status == 404
    assert public(s3) == []


def test_an_abort_makes_the_expected_calls(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = Upload(alice, s3, media.mp4())
    calls.made.clear()
    upload.abort()
    assert calls.made == ["TransactWriteItems", "AbortMultipartUpload", "ListParts"]
    calls.made.clear()
    upload.abort()
    assert calls.made == ["TransactWriteItems", "BatchGetItem", "AbortMultipartUpload"]
