"""Files that no request publishes: assembled from copies within S3 and rewritten parts, by their event alone."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.composition import assets, publishing
from asset_api.media import file_types, metadata_removal, rewriting
from asset_api.media.reader import InMemory, Reader
from asset_api.platform import aws
from asset_api.platform.errors import ApiError
from asset_api.publishing import assembly, later, publisher
from functions.assemble import app as assemble
from tests import media
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls, Stopped
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import Caller, Context
from tests.functions.part_uploads import MIB, Upload
from tests.functions.triggers import arrived, public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

SIZE = 11 * MIB
PLAIN = media.padded_mp4(SIZE)
# What is in free space shows nothing.
SECRET = media.box(b"free", b"where it was taken")
PERSONAL = PLAIN + SECRET


@pytest.fixture(autouse=True)
def large_from_one_mebibyte(monkeypatch: pytest.MonkeyPatch, queue_url: str) -> None:
    """Small files stand for large ones: S3 takes no smaller parts than of 5 MiB."""
    configure(monkeypatch, max_upload_bytes=2**30, large_files_queue_url=queue_url)
    for module in (later, publisher):
        monkeypatch.setattr(module, "REQUEST_MAX_BYTES", MIB)
    monkeypatch.setattr(assembly, "COPIED_BYTES", 6 * MIB)


@pytest.fixture
def calls() -> Iterator[AwsCalls]:
    watched = AwsCalls()
    with watched.watching(aws.dynamodb(), aws.s3(), aws.s3_for_large_files()):
        yield watched


def event(asset_id: str, receives: int = 1) -> dict[str, Any]:
    record: dict[str, Any] = triggers.sample("assemble")["Records"][0]
    record["attributes"] |= {"ApproximateReceiveCount": str(receives)}
    body = json.loads(record["body"])
    body["detail"]["object"] |= {"key": f"uploads/{asset_id}"}
    del body["detail"]["object"]["version-id"]
    return {"Records": [record | {"body": json.dumps(body)}]}


def assembled(asset_id: str, receives: int = 1) -> bool:
    """Deliver the file's event; False where it wants to get it again."""
    answer = assemble.handler(event(asset_id, receives), Context())
    return not answer["batchItemFailures"]


def sent(caller: Caller, s3: "S3Client", data: bytes = PLAIN, **fields: Any) -> Upload:
    upload = Upload(caller, s3, data, **fields)
    upload.send()
    assert upload.complete().status == 202
    return upload


def begun_in_public(s3: "S3Client") -> list[str]:
    return [each["Key"] for each in s3.list_multipart_uploads(Bucket="assets").get("Uploads", ())]


def without_secrets(data: bytes) -> bytes:
    pieces = metadata_removal.plan(Reader(InMemory(data), len(data)), file_types.MP4).pieces
    assert pieces
    return b"".join(rewriting.apply(pieces, InMemory(data)))


def test_complete_answers_202_until_the_event_has_published_it(alice: Caller, s3: "S3Client") -> None:
    upload = Upload(alice, s3, PLAIN)
    upload.send()
    for _ in range(2):
        answer = upload.complete()
        assert (answer.status, answer.json()["status"], int(answer.headers["retry-after"])) == (202, "publishing", 5)
        assert alice.metadata(upload.asset_id).status == 404
        assert upload.show().json()["status"] == "completed"
    assert assembled(upload.asset_id)
    answer = upload.complete()
    assert (answer.status, answer.json()["size_bytes"], answer.json()["width"]) == (201, SIZE, 64)
    assert public_bytes(s3, upload.asset_id) == PLAIN
    assert (arrived(s3), begun_in_public(s3)) == ([], [])


def test_a_form_completes_the_same_way(alice: Caller, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()
    triggers.post(s3, form["upload"], PLAIN)
    assert alice.complete(form["asset_id"]).status == 202
    assert assembled(form["asset_id"])
    assert alice.complete(form["asset_id"]).status == 201


def test_removes_personal_metadata_and_copies_the_rest(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = sent(alice, s3, PERSONAL)
    calls.resume()
    assert assembled(upload.asset_id)
    assert b"taken" not in public_bytes(s3, upload.asset_id)
    assert public_bytes(s3, upload.asset_id) == without_secrets(PERSONAL)
    assert calls.made.count("UploadPartCopy") == 2
    assert calls.made.count("UploadPart") == 1


def test_is_served_with_the_headers_of_any_asset(alice: Caller, s3: "S3Client") -> None:
    large = sent(alice, s3, expires_in=3600)
    assert assembled(large.asset_id)
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
    upload = sent(alice, s3, sha256=digest)
    assert assembled(upload.asset_id)
    assert upload.complete().json()["sha256"] == digest


def test_no_sha256_is_made_up(alice: Caller, s3: "S3Client") -> None:
    plain, personal = sent(alice, s3), sent(alice, s3, PERSONAL, sha256=hashlib.sha256(PERSONAL).hexdigest())
    for upload in (plain, personal):
        assert assembled(upload.asset_id)
        assert "sha256" not in upload.complete().json()


@pytest.mark.parametrize(
    ("fields", "data", "title"),
    [
        ({"sha256": "0" * 64}, PLAIN, "Checksum mismatch"),
        ({"filename": "clip.mov"}, PLAIN, "Invalid file type"),
        ({"filename": "clip.gif"}, PLAIN, "Invalid file type"),
        ({}, bytes(SIZE), "Invalid file type"),
    ],
)
def test_a_refusal_is_told_each_time(
    fields: dict[str, Any], data: bytes, title: str, alice: Caller, s3: "S3Client"
) -> None:
    upload = sent(alice, s3, data, **fields)
    for _ in range(2):
        assert assembled(upload.asset_id)
        answer = upload.complete()
        assert (answer.status, answer.json()["title"]) == (400, title)
    assert (public(s3), begun_in_public(s3)) == ([], [])


def test_a_quota_that_is_used_up_meanwhile_refuses_it(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    upload = sent(alice, s3)
    configure(monkeypatch, max_upload_bytes=2**30, max_owner_bytes=SIZE - 1, large_files_queue_url=queue_url)
    assert assembled(upload.asset_id)
    answer = upload.complete()
    assert (answer.status, answer.json()["title"]) == (403, "Quota exceeded")
    assert public(s3) == []
    # Final: nothing publishes these bytes any more, even if there is room by now.
    configure(monkeypatch, max_upload_bytes=2**30, max_owner_bytes=2**30, large_files_queue_url=queue_url)
    assert upload.complete().status == 403


def test_an_upload_that_has_failed_is_not_resumed(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock, monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    """Its id is valid for a day, but only repeats the failure."""
    unpublished, over_quota, refused = sent(alice, s3), sent(alice, s3), sent(alice, s3, bytes(SIZE))
    for upload in (unpublished, over_quota, refused):
        assert upload.show().json()["status"] == "completed"
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not assembled(unpublished.asset_id, later.ATTEMPTS)
    assert unpublished.show().json()["status"] == "completed"  # it may still be alive
    clock.advance(600)
    configure(monkeypatch, max_upload_bytes=2**30, max_owner_bytes=SIZE - 1, large_files_queue_url=queue_url)
    assert assembled(over_quota.asset_id)
    assert assembled(refused.asset_id)
    for upload, status in ((unpublished, 503), (over_quota, 403), (refused, 400)):
        assert upload.complete().status == status
        calls.resume()
        answer = upload.show()
        assert (answer.status, answer.detail) == (404, "Upload not found")
        assert calls.made == ["ListParts", "BatchGetItem", "GetObject", "BatchGetItem"]


def test_the_event_again_changes_nothing(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = sent(alice, s3)
    assert assembled(upload.asset_id)
    before = alice.list().body
    calls.resume()
    assert assembled(upload.asset_id)
    assert (alice.list().body, calls.made[:2]) == (before, ["GetObject", "Query"])


FLOW = [
    *("GetObject", "BatchGetItem", "CreateMultipartUpload"),
    *["UploadPartCopy"] * 2,
    *("BatchGetItem", "CompleteMultipartUpload", "TransactWriteItems", "DeleteObject"),
]


def test_counts_the_calls_of_each_202(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
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


def test_counts_its_calls(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = sent(alice, s3)
    calls.resume()
    assert assembled(upload.asset_id)
    assert calls.made == FLOW


@pytest.mark.parametrize("number", range(1, len(FLOW) + 1))
def test_a_duplicate_never_brings_back_what_was_made_private(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """The same event twice: one publication is listed, and made private, before any call of the other one."""
    upload = sent(alice, s3)
    ((asset_id, version_id),) = arrived(s3)
    seen: list[list[str]] = []

    def publish_and_make_private() -> None:
        publishing.large_arrival_events().handle(asset_id, version_id)
        assert alice.change(asset_id, visibility="private").status == 200
        for call in range(number, len(FLOW) + 8):
            calls.at(call, "after", lambda: seen.append(public(s3)))

    calls.resume()
    calls.at(number, "before", publish_and_make_private)
    with contextlib.suppress(ApiError):  # it comes again
        publishing.large_arrival_events().handle(asset_id, version_id)
    assert seen
    assert all(each == [f"{upload.asset_id}/private"] for each in seen)
    assert begun_in_public(s3) == []


@pytest.mark.parametrize("number", range(1, len(FLOW) + 2))
def test_wherever_it_stops_the_next_attempt_publishes_it(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = sent(alice, s3)
    calls.resume()
    calls.stop(min(number, len(FLOW)), "before" if number <= len(FLOW) else "after")
    with pytest.raises(Stopped):
        assembled(upload.asset_id)
    calls.resume()
    if not alice.list().json()["assets"]:
        assert upload.complete().status == 202
    assert assembled(upload.asset_id)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == PLAIN
    assert len(alice.list().json()["assets"]) == 1
    assert arrived(s3) == []


@pytest.mark.parametrize("number", range(3, 9))
def test_two_attempts_at_once_make_one_asset(number: int, alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = sent(alice, s3, PERSONAL)
    calls.resume()
    calls.at(number, "before", lambda: assembled(upload.asset_id))
    assembled(upload.asset_id)
    assert assembled(upload.asset_id)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == without_secrets(PERSONAL)
    assert (len(alice.list().json()["assets"]), begun_in_public(s3)) == (1, [])


@pytest.mark.parametrize("number", range(3, len(FLOW)))
def test_what_is_deleted_while_it_is_copied_stays_deleted(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = sent(alice, s3)
    calls.resume()
    calls.at(number, "before", lambda: assets.catalog().bury("alice", upload.asset_id))
    assembled(upload.asset_id)
    assert (public(s3), begun_in_public(s3), alice.list().json()["assets"]) == ([], [], [])
    assert upload.complete().status == 404


def test_an_aborted_file_that_has_arrived_is_not_published(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = sent(alice, s3)
    assert upload.abort().status == 200
    assert not assembled(upload.asset_id)  # a publication of another version could still be alive
    clock.advance(30)
    assert assembled(upload.asset_id)
    assert (upload.complete().status, upload.complete().detail) == (404, "Upload not found")
    assert (public(s3), begun_in_public(s3), arrived(s3)) == ([], [], [])


@pytest.mark.parametrize("number", range(3, len(FLOW)))
def test_what_is_aborted_while_it_is_copied_is_not_published(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = sent(alice, s3)
    calls.resume()
    calls.at(number, "before", upload.abort)
    assembled(upload.asset_id)
    assert (public(s3), begun_in_public(s3), alice.list().json()["assets"]) == ([], [], [])
    assert (upload.complete().status, upload.complete().detail) == (404, "Upload not found")


def delete(alice: Caller, asset_id: str) -> None:
    """Delete what another publication has listed; the table's stream brings the tombstone at once."""
    assert assembled(asset_id)
    assert alice.delete(asset_id).status == 200
    triggers.tombstone_written(asset_id)


def abort(alice: Caller, asset_id: str) -> None:  # noqa: ARG001  as `delete`
    """Bury what is about to be published, as an abort and an erasure do."""
    assert assets.catalog().bury("alice", asset_id, "abort")
    triggers.tombstone_written(asset_id)


@pytest.mark.parametrize("end", [delete, abort])
@pytest.mark.parametrize("number", range(5, len(FLOW)))
def test_a_publication_that_dies_once_its_asset_is_purged_leaves_nothing_public(
    number: int, end: Callable[[Caller, str], None], alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """The purge comes once, and nothing looks at the asset again: not even the event, whose file is gone."""
    upload = sent(alice, s3)
    calls.resume()
    calls.at(number, "before", lambda: end(alice, upload.asset_id))
    calls.stop(number, "after")
    with suppress(Stopped):
        assembled(upload.asset_id)
    calls.resume()
    assert public(s3) == []
    assert alice.metadata(upload.asset_id).status == 404


def test_a_source_that_goes_while_it_is_copied_leaves_nothing(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = sent(alice, s3, PERSONAL)
    calls.resume()
    calls.refuse("UploadPartCopy", "NoSuchVersion", 404, times=9)
    assert not assembled(upload.asset_id)
    assert (public(s3), begun_in_public(s3)) == ([], [])


@pytest.mark.parametrize(
    "operation", ["GetObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"]
)
def test_where_s3_fails_it_is_tried_again_soon(
    operation: str, alice: Caller, s3: "S3Client", calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = sent(alice, s3)
    calls.resume()
    waits: list[dict[str, Any]] = []
    monkeypatch.setattr(aws.sqs(), "change_message_visibility", lambda **request: waits.append(request))
    calls.refuse(operation, "SlowDown", 503, times=9)
    assert not assembled(upload.asset_id)
    assert [each["VisibilityTimeout"] for each in waits] == [30]
    assert (public(s3), begun_in_public(s3)) == ([], [])
    calls.refuse(operation, "", 0, times=0)
    assert assembled(upload.asset_id)
    assert upload.complete().status == 201


@pytest.mark.parametrize("dies", [True, False])
def test_a_client_learns_that_nobody_tries_again(
    dies: bool, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    upload = sent(alice, s3)
    calls.refuse("CreateMultipartUpload", "InternalError", 500, times=99)
    assert not assembled(upload.asset_id, later.ATTEMPTS - 1)
    clock.advance(3600)
    assert upload.complete().status == 202
    calls.resume()
    if dies:
        calls.stop(4, "before")
    with suppress(Stopped):
        assert not assembled(upload.asset_id, later.ATTEMPTS)
    calls.resume()
    assert upload.complete().status == 202  # it may still be alive
    clock.advance(600)
    for _ in range(2):
        answer = upload.complete()
        assert (answer.status, answer.json()["type"].rpartition(":")[2]) == (503, "publication-failed")
        assert answer.detail.endswith("upload it again")
    # Its operator has found the cause, and has the dead letter delivered again.
    calls.refuse("CreateMultipartUpload", "", 0, times=0)
    assert assembled(upload.asset_id)
    assert upload.complete().status == 201


@pytest.mark.parametrize("operation", ["GetObject", "BatchGetItem", "PutItem"])
@pytest.mark.parametrize("way", ["parts", "form"])
def test_a_client_learns_of_attempts_that_could_record_nothing(
    operation: str, way: str, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: Clock
) -> None:
    """S3 or DynamoDB are down through the last attempt."""
    if way == "parts":
        upload = Upload(alice, s3, PLAIN)
        clock.advance(19 * 3600)  # S3 dates the file from the upload's begin
        upload.send()
        assert upload.complete().status == 202
        asset_id, complete = upload.asset_id, upload.complete
    else:
        form = alice.ask_for_form(filename="clip.mp4").json()
        triggers.post(s3, form["upload"], PLAIN)
        asset_id, complete = form["asset_id"], lambda: alice.complete(form["asset_id"])
    assert complete().status == 202
    calls.refuse(operation, "InternalError", 500, times=9)
    assert not assembled(asset_id, later.ATTEMPTS)
    calls.refuse(operation, "", 0, times=0)
    clock.advance(3000)
    assert complete().status == 202
    clock.advance(later.ATTEMPTS * later.ATTEMPT_SECONDS)
    answer = complete()
    assert (answer.status, answer.json()["type"].rpartition(":")[2]) == (503, "publication-failed")
    assert assembled(asset_id)  # delivered again by the operator
    assert alice.metadata(asset_id).status == 200


def test_the_last_attempt_may_succeed(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = sent(alice, s3)
    assert assembled(upload.asset_id, later.ATTEMPTS)
    clock.advance(600)
    assert upload.complete().status == 201


def test_a_refusal_at_the_last_attempt_is_the_one_that_is_told(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = sent(alice, s3, bytes(SIZE))
    assert assembled(upload.asset_id, later.ATTEMPTS)
    clock.advance(600)
    assert upload.complete().status == 400


def test_a_form_that_is_posted_again_is_not_refused_for_the_bytes_before(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()
    asset_id = form["asset_id"]
    triggers.post(s3, form["upload"], bytes(SIZE))
    assert assembled(asset_id)
    assert alice.complete(asset_id).status == 400
    triggers.post(s3, form["upload"], bytes(SIZE) + b"others")
    assert alice.complete(asset_id).status == 202
    assert assembled(asset_id)
    assert alice.complete(asset_id).status == 400
    triggers.post(s3, form["upload"], PLAIN)
    assert alice.complete(asset_id).status == 202
    assert assembled(asset_id)
    assert alice.complete(asset_id).status == 201
    records = [item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"].startswith("refusal#")]
    assert len(records) == 1  # one event


def test_of_two_files_refused_at_once_the_newer_ones_refusal_stays(
    alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    form = alice.ask_for_form(filename="clip.mp4").json()
    asset_id = form["asset_id"]
    triggers.post(s3, form["upload"], bytes(SIZE))

    def post_another() -> None:
        triggers.post(s3, form["upload"], bytes(SIZE) + b"others")
        assert assembled(asset_id)

    calls.resume()
    calls.at(3, "before", post_another)
    assert assembled(asset_id)
    assert calls.made == ["GetObject", "BatchGetItem", "PutItem", "PutItem"]
    assert alice.complete(asset_id).status == 400


def test_lowering_the_limit_refuses_what_is_in_progress(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function that publishes large files, its queue and its rule are gone then."""
    form = alice.ask_for_form(filename="clip.mp4").json()
    triggers.post(s3, form["upload"], PLAIN)
    published, arrived_before, unfinished = sent(alice, s3), sent(alice, s3), Upload(alice, s3, PLAIN)
    unfinished.send()
    assert assembled(published.asset_id)
    configure(monkeypatch, max_upload_bytes=10 * MIB)
    answers = [arrived_before.complete(), unfinished.complete(), alice.complete(form["asset_id"])]
    assert [(each.status, each.json()["title"]) for each in answers] == [(400, "File too large")] * 3
    assert unfinished.show().json()["status"] == "uploading"
    assert published.complete().status == 201


def test_an_event_of_anything_else_is_left_alone(s3: "S3Client") -> None:
    assert assembled("not-an-id")
    assert public(s3) == []
