"""Large files that are refused, or whose publication fails: the clients' responses, and the retries."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.platform import aws
from asset_api.publishing import deferred_publication
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls, Stopped
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.large_files.files import (
    PERSONAL,
    PLAIN,
    PUBLICATION_CALLS,
    SIZE,
    UNIT,
    completed_upload,
    deliver_event,
    unfinished_assemblies,
)
from tests.functions.logs import Logged
from tests.functions.part_uploads import Upload
from tests.functions.triggers import arrived, public

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client


@pytest.mark.parametrize(
    ("fields", "data", "title"),
    [
        ({"sha256": "0" * 64}, PLAIN, "Checksum mismatch"),
        ({"filename": "clip.mov"}, PLAIN, "Invalid file type"),
        ({"filename": "clip.gif"}, PLAIN, "Invalid file type"),
        ({}, bytes(SIZE), "Invalid file type"),
    ],
)
def test_a_refused_file_gets_the_same_error_every_time(
    fields: dict[str, Any], data: bytes, title: str, alice: Caller, s3: "S3Client"
) -> None:
    upload = completed_upload(alice, s3, data, **fields)
    for _ in range(2):
        assert deliver_event(upload.asset_id)
        response = upload.complete()
        assert (response.status, response.json()["title"]) == (400, title)
    assert (public(s3), unfinished_assemblies(s3)) == ([], [])


def test_a_quota_used_up_meanwhile_refuses_the_file(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    upload = completed_upload(alice, s3)
    configure(monkeypatch, max_upload_bytes=2**30, max_owner_bytes=SIZE - 1, large_files_queue_url=queue_url)
    assert deliver_event(upload.asset_id)
    response = upload.complete()
    assert (response.status, response.json()["title"]) == (403, "Quota exceeded")
    assert public(s3) == []
    # Final: the bytes are not published even if the quota has room again.
    configure(monkeypatch, max_upload_bytes=2**30, max_owner_bytes=2**30, large_files_queue_url=queue_url)
    assert upload.complete().status == 403


def test_a_failed_upload_cannot_be_resumed(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock, monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    """Its id stays valid for a day, but only returns the failure."""
    unpublished, over_quota = completed_upload(alice, s3), completed_upload(alice, s3)
    refused = completed_upload(alice, s3, bytes(SIZE))
    for upload in (unpublished, over_quota, refused):
        assert upload.show().json()["status"] == "completed"
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(unpublished.asset_id, deferred_publication.ATTEMPTS)
    assert unpublished.show().json()["status"] == "completed"  # the attempt may still be running
    clock.advance(600)
    configure(monkeypatch, max_upload_bytes=2**30, max_owner_bytes=SIZE - 1, large_files_queue_url=queue_url)
    assert deliver_event(over_quota.asset_id)
    assert deliver_event(refused.asset_id)
    for upload, status in ((unpublished, 503), (over_quota, 403), (refused, 400)):
        assert upload.complete().status == status
        calls.resume()
        response = upload.show()
        assert (response.status, response.detail) == (404, "Upload not found")
        # A failure that was reported has a tombstone.
        assert calls.made == ["ListParts", "BatchGetItem", *(() if status == 503 else ("GetObject", "BatchGetItem"))]


def test_a_refusal_at_the_last_attempt_is_returned(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = completed_upload(alice, s3, bytes(SIZE))
    assert deliver_event(upload.asset_id, deferred_publication.ATTEMPTS)
    clock.advance(600)
    assert upload.complete().status == 400


def test_each_file_posted_with_a_form_is_judged_by_its_own_bytes(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()
    asset_id = form["asset_id"]
    triggers.post(s3, form["upload"], bytes(SIZE))
    assert deliver_event(asset_id)
    assert alice.complete(asset_id).status == 400
    triggers.post(s3, form["upload"], bytes(SIZE) + b"others")
    assert alice.complete(asset_id).status == 202
    assert deliver_event(asset_id)
    assert alice.complete(asset_id).status == 400
    triggers.post(s3, form["upload"], PLAIN)
    assert alice.complete(asset_id).status == 202
    assert deliver_event(asset_id)
    assert alice.complete(asset_id).status == 201
    records = [item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"].startswith("refusal#")]
    assert len(records) == 1  # one event


def test_the_newer_of_two_concurrent_refusals_is_kept(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()
    asset_id = form["asset_id"]
    triggers.post(s3, form["upload"], bytes(SIZE))

    def post_another() -> None:
        triggers.post(s3, form["upload"], bytes(SIZE) + b"others")
        assert deliver_event(asset_id)

    calls.resume()
    calls.at(3, "before", post_another)
    assert deliver_event(asset_id)
    assert calls.made == ["GetObject", "BatchGetItem", "PutItem", "PutItem"]
    assert alice.complete(asset_id).status == 400


def test_lowering_the_limit_refuses_uploads_in_progress(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deployment then has no function that assembles large files, nor its queue and rule."""
    form = alice.ask_for_form(filename="clip.mp4").json()
    triggers.post(s3, form["upload"], PLAIN)
    published, arrived_before = completed_upload(alice, s3), completed_upload(alice, s3)
    unfinished = Upload(alice, s3, PLAIN)
    unfinished.send()
    assert deliver_event(published.asset_id)
    configure(monkeypatch, max_upload_bytes=10 * UNIT)
    responses = [arrived_before.complete(), unfinished.complete(), alice.complete(form["asset_id"])]
    assert [(each.status, each.json()["title"]) for each in responses] == [(400, "File too large")] * 3
    assert unfinished.show().json()["status"] == "uploading"
    assert published.complete().status == 201


@pytest.mark.parametrize(
    "operation", ["GetObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"]
)
def test_an_s3_failure_is_retried_after_30_seconds(
    operation: str, alice: Caller, s3: "S3Client", calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = completed_upload(alice, s3)
    calls.resume()
    waits: list[dict[str, Any]] = []
    monkeypatch.setattr(aws.sqs(), "change_message_visibility", lambda **request: waits.append(request))
    calls.refuse(operation, "SlowDown", 503, times=9)
    assert not deliver_event(upload.asset_id)
    assert [each["VisibilityTimeout"] for each in waits] == [30]
    assert (public(s3), unfinished_assemblies(s3)) == ([], [])
    calls.refuse(operation, "", 0, times=0)
    assert deliver_event(upload.asset_id)
    assert upload.complete().status == 201


@pytest.mark.parametrize("dies", [True, False])
def test_the_client_is_told_when_the_last_attempt_has_failed(
    dies: bool, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    upload = completed_upload(alice, s3)
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(upload.asset_id, deferred_publication.ATTEMPTS - 1)
    clock.advance(3600)
    assert upload.complete().status == 202
    calls.resume()
    if dies:
        calls.stop(4, "before")
    with suppress(Stopped):
        assert not deliver_event(upload.asset_id, deferred_publication.ATTEMPTS)
    calls.resume()
    assert upload.complete().status == 202  # the attempt may still be running
    clock.advance(600)
    for _ in range(2):
        response = upload.complete()
        assert (response.status, response.json()["type"].rpartition(":")[2]) == (503, "publication-failed")
        assert response.detail.endswith("upload it again")
    # The operator fixes the cause, and redrives the dead letter.
    calls.refuse("CreateMultipartUpload", "", 0, times=0)
    assert_never_published(upload.asset_id, alice, s3, clock)
    assert upload.complete().json()["type"].rpartition(":")[2] == "publication-failed"


@pytest.mark.parametrize("operation", ["GetObject", "BatchGetItem", "PutItem"])
def test_clients_get_failures_that_could_not_be_recorded(
    operation: str, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    """S3 or DynamoDB is down during the last attempt."""
    asset_id = posted_file(alice, s3)
    assert alice.complete(asset_id).status == 202
    calls.refuse(operation, "InternalError", 500, times=9)
    assert not deliver_event(asset_id, deferred_publication.ATTEMPTS)
    calls.refuse(operation, "", 0, times=0)
    clock.advance(deferred_publication.LONGEST_WAIT_SECONDS - 1)
    assert alice.complete(asset_id).status == 202
    clock.advance(1)
    response = alice.complete(asset_id)
    assert (response.status, response.json()["type"].rpartition(":")[2]) == (503, "publication-failed")
    assert_never_published(asset_id, alice, s3, clock)
    assert alice.complete(asset_id).json()["type"].rpartition(":")[2] == "publication-failed"


@pytest.mark.parametrize("declared", [None, SIZE])
def test_a_retry_with_the_same_idempotency_key_after_a_failure_is_another_asset(
    declared: int | None, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    def ask_for_form() -> Any:
        fields = {"size_bytes": declared} if declared else {}
        return alice.ask_for_form(filename="clip.mp4", key="k" * 255, **fields).json()

    failed = ask_for_form()
    calls.resume()
    assert ask_for_form() == failed
    assert calls.made == ["PutItem", "BatchGetItem"]
    triggers.post(s3, failed["upload"], PLAIN)
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(failed["asset_id"], deferred_publication.ATTEMPTS)
    assert alice.complete(failed["asset_id"]).status == 202
    assert ask_for_form() == failed  # its client has not seen the failure yet
    clock.advance(600)
    assert alice.complete(failed["asset_id"]).status == 503
    calls.refuse("CreateMultipartUpload", "", 0, times=0)
    again = ask_for_form()
    assert again["asset_id"] != failed["asset_id"]
    assert ask_for_form() == again
    triggers.post(s3, again["upload"], PLAIN)
    assert deliver_event(again["asset_id"])
    assert alice.complete(again["asset_id"]).status == 201
    assert ask_for_form() == again


def test_an_upload_in_parts_begun_with_the_key_of_a_failed_one_is_another(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    failed = completed_upload(alice, s3, key="k")
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(failed.asset_id, deferred_publication.ATTEMPTS)
    clock.advance(600)
    assert failed.complete().status == 503
    calls.refuse("CreateMultipartUpload", "", 0, times=0)
    upload = completed_upload(alice, s3, key="k")
    assert deliver_event(upload.asset_id)
    assert upload.complete().status == 201


def test_a_replay_for_a_small_file_takes_one_call(alice: Caller, calls: AwsCalls) -> None:
    def ask_for_form() -> Any:
        return alice.ask_for_form(filename="clip.mp4", size_bytes=UNIT, key="k").json()

    form = ask_for_form()
    calls.resume()
    assert ask_for_form() == form
    assert calls.made == ["PutItem"]


def test_a_failure_is_logged_once_without_a_stack(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock, logged: Logged
) -> None:
    upload = completed_upload(alice, s3)
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(upload.asset_id, deferred_publication.ATTEMPTS)
    clock.advance(600)
    before = len(logged.lines)
    for _ in range(3):
        assert upload.complete().status == 503
    warnings = [line for line in logged.lines[before:] if line["level"] != "INFO"]
    assert [(line["level"], line["message"], line["asset_id"]) for line in warnings] == [
        ("WARNING", "publication failed", upload.asset_id)
    ]
    assert "exception" not in warnings[0]


def test_a_file_that_waits_in_a_full_queue_is_published(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    """Clients of both kinds of upload poll while other files are processed first.

    Only the id of an upload in parts expires, after a day.
    """
    upload, posted = Upload(alice, s3, PLAIN), posted_file(alice, s3)
    upload.send()
    statuses = {upload.complete().status}
    for _ in range(23):
        clock.advance(3600)
        assert upload.show().json()["status"] == "completed"
        statuses |= {upload.complete().status, alice.complete(posted).status}
    assert statuses == {202}
    assert deliver_event(upload.asset_id)
    assert upload.complete().status == 201
    clock.advance(deferred_publication.EVENT_KEPT_SECONDS - 24 * 3600)
    assert alice.complete(posted).status == 202
    assert deliver_event(posted)
    assert alice.complete(posted).status == 201


def test_polls_of_an_upload_in_parts_end_with_its_id(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = completed_upload(alice, s3)
    assert upload.complete().status == 202
    clock.advance(24 * 3600)
    assert upload.complete().status == 404


def posted_file(alice: Caller, s3: "S3Client") -> str:
    """Post PLAIN with a form and return the id of its asset."""
    form = alice.ask_for_form(filename="clip.mp4").json()
    triggers.post(s3, form["upload"], PLAIN)
    return str(form["asset_id"])


def assert_never_published(asset_id: str, alice: Caller, s3: "S3Client", clock: Clock) -> None:
    """Deliver the event again, as the queue or an operator may, after the client has seen the failure."""
    deliver_event(asset_id)
    clock.advance(30)
    assert deliver_event(asset_id)
    assert alice.metadata(asset_id).status == 404
    assert (public(s3), arrived(s3), unfinished_assemblies(s3)) == ([], [], [])


def test_an_unreported_failure_can_be_repaired(alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock) -> None:
    upload = completed_upload(alice, s3)
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(upload.asset_id, deferred_publication.ATTEMPTS)
    calls.refuse("CreateMultipartUpload", "", 0, times=0)
    clock.advance(3600)
    assert deliver_event(upload.asset_id)  # the operator redrives it
    assert upload.complete().status == 201


@pytest.mark.parametrize("number", range(1, len(PUBLICATION_CALLS) + 1))
def test_a_late_file_is_either_published_or_reported_as_failed(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    """The client asks after the deadline, while the first attempt is about to make any of its calls."""
    asset_id = posted_file(alice, s3)
    assert alice.complete(asset_id).status == 202
    clock.advance(deferred_publication.LONGEST_WAIT_SECONDS)
    responses: list[int] = []
    calls.resume()
    calls.at(number, "before", lambda: responses.append(alice.complete(asset_id).status))
    deliver_event(asset_id)
    calls.resume()
    assert responses == [201 if number == len(PUBLICATION_CALLS) else 503]
    assert alice.complete(asset_id).status == responses[0]
    assert public(s3) == ([asset_id] if responses == [201] else [])


def test_a_failure_reported_to_a_resuming_client_is_final(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    """It asks for the parts that it has to send, learns that there is nothing to resume, and begins another upload."""
    upload = completed_upload(alice, s3)
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not deliver_event(upload.asset_id, deferred_publication.ATTEMPTS)
    clock.advance(600)
    assert upload.show().status == 404
    calls.refuse("CreateMultipartUpload", "", 0, times=0)
    assert_never_published(upload.asset_id, alice, s3, clock)


def test_the_last_attempt_can_succeed(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = completed_upload(alice, s3)
    assert deliver_event(upload.asset_id, deferred_publication.ATTEMPTS)
    clock.advance(600)
    assert upload.complete().status == 201


def test_a_source_deleted_during_assembly_leaves_nothing(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = completed_upload(alice, s3, PERSONAL)
    calls.resume()
    calls.refuse("UploadPartCopy", "NoSuchVersion", 404, times=9)
    assert not deliver_event(upload.asset_id)
    assert (public(s3), unfinished_assemblies(s3)) == ([], [])
