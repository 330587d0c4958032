"""The publish function: S3 events through EventBridge and SQS."""

import json
from typing import TYPE_CHECKING

import pytest

from asset_api.publishing.arrival_events import LONGEST_PUBLICATION
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock
from tests.functions.gateway import Caller
from tests.functions.triggers import arrived, deliver, file_arrived, message, post, public, public_bytes, sample

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def posted(caller: Caller, s3: "S3Client", name: str = "image.png", data: bytes | None = None) -> str:
    """Post a file; return its asset id."""
    body = caller.ask_for_form(filename=name).json()
    post(s3, body["upload"], media.png() if data is None else data)
    asset_id: str = body["asset_id"]
    return asset_id


def test_publishes_a_file_without_complete(alice: Caller, s3: "S3Client") -> None:
    asset_id = posted(alice, s3)
    file_arrived(asset_id)
    assert public_bytes(s3, asset_id) == media.png()
    assert alice.list().json()["assets"][0]["asset_id"] == asset_id


def test_publishes_each_file_of_a_batch(alice: Caller, bob: Caller, s3: "S3Client") -> None:
    ids = [posted(alice, s3), posted(bob, s3), posted(alice, s3)]
    assert deliver(*(message(f"uploads/{asset_id}", asset_id) for asset_id in ids)) == []
    assert sorted(public(s3)) == sorted(ids)
    assert [len(caller.list().json()["assets"]) for caller in (alice, bob)] == [2, 1]


def test_a_duplicate_event_changes_nothing(alice: Caller, s3: "S3Client") -> None:
    asset_id = posted(alice, s3, "photo.jpg", media.jpeg(exif=True))
    file_arrived(asset_id)
    before = (alice.list().body, public_bytes(s3, asset_id))
    file_arrived(asset_id)
    assert (alice.list().body, public_bytes(s3, asset_id)) == before


def test_refused_bytes_end_their_message_and_stay_private(alice: Caller, s3: "S3Client") -> None:
    asset_id = posted(alice, s3, "image.png", media.gif())
    file_arrived(asset_id)
    assert public(s3) == []
    assert alice.list().json()["assets"] == []
    assert alice.complete(asset_id).status == 400


def test_the_event_of_a_missing_file_is_ignored(alice: Caller, s3: "S3Client") -> None:
    asset_id = posted(alice, s3)
    ((_, version_id),) = arrived(s3)
    s3.delete_object(Bucket="incoming", Key=f"uploads/{asset_id}", VersionId=version_id)
    file_arrived(asset_id, version_id)
    assert public(s3) == []


@pytest.mark.parametrize("key", ["elsewhere/x", "uploads/", "uploads/none", "uploads/../x", "x" * 1024])
def test_the_event_of_a_foreign_key_is_ignored(key: str, s3: "S3Client") -> None:
    s3.put_object(Bucket="incoming", Key=key, Body=media.png(), ContentType="image/png")
    assert deliver(message(key)) == []
    assert public(s3) == []


def test_a_key_that_is_not_an_asset_id_is_never_published(alice: Caller, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="image.png").json()["upload"]
    post(s3, {"fields": form["fields"] | {"key": "uploads/../../index.html"}}, media.png())
    assert deliver(message("uploads/../../index.html")) == []
    assert public(s3) == []


def test_a_deleted_asset_is_not_published_again(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    body = alice.ask_for_form(filename="image.png").json()
    post(s3, body["upload"], media.png())
    file_arrived(body["asset_id"])
    assert alice.delete(body["asset_id"]).status == 200
    version_id = post(s3, body["upload"], media.png())
    event = message(f"uploads/{body['asset_id']}", version_id=version_id)
    # A publication from before the delete may still make these bytes public, so the event is processed again.
    assert deliver(event) == ["1"]
    clock.advance(LONGEST_PUBLICATION.total_seconds() + 1)
    assert deliver(event) == []
    assert (public(s3), arrived(s3)) == ([], [])
    assert alice.list().json()["assets"] == []


def test_bytes_published_after_the_delete_are_removed(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    """A publication copied bytes posted after the delete, and crashed before it read the tombstone.

    The event of these bytes had been delivered before.
    """
    body = alice.ask_for_form(filename="image.png").json()
    post(s3, body["upload"], media.png())
    file_arrived(body["asset_id"])
    assert alice.delete(body["asset_id"]).status == 200
    event = message(f"uploads/{body['asset_id']}", version_id=post(s3, body["upload"], media.png()))
    assert deliver(event) == ["1"]
    s3.copy_object(
        Bucket="assets",
        Key=f"api/v2/assets/{body['asset_id']}",
        CopySource={"Bucket": "incoming", "Key": f"uploads/{body['asset_id']}"},
    )
    clock.advance(LONGEST_PUBLICATION.total_seconds() + 1)
    assert deliver(event) == []
    assert public(s3) == []


@pytest.mark.parametrize("body", ["{", "{}", '{"detail": {}}', "[]", '"text"'])
def test_only_the_poison_message_of_a_batch_is_redelivered(body: str, alice: Caller, s3: "S3Client") -> None:
    first, last = posted(alice, s3), posted(alice, s3)
    poison = message("x", "poison") | {"body": body}
    assert deliver(message(f"uploads/{first}", "first"), poison, message(f"uploads/{last}", "last")) == ["poison"]
    assert sorted(public(s3)) == sorted([first, last])


def test_a_completely_failed_batch_is_redelivered() -> None:
    assert deliver(message("x", "poison") | {"body": "{"}) == ["poison"]


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("GetObject", "SlowDown", 503),
        ("GetObject", "AccessDenied", 403),
        ("BatchGetItem", "ProvisionedThroughputExceededException", 400),
        ("CopyObject", "InternalError", 500),
        ("TransactWriteItems", "InternalServerError", 500),
        ("DeleteObject", "SlowDown", 503),
    ],
)
def test_an_event_is_redelivered_after_an_aws_failure(
    operation: str, code: str, status: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    failing, good = posted(alice, s3), posted(alice, s3)
    calls.refuse(operation, code, status)
    messages = message(f"uploads/{failing}", "failing"), message(f"uploads/{good}", "good")
    assert deliver(*messages) == ["failing"]
    assert deliver(messages[0]) == []
    assert sorted(public(s3)) == sorted([failing, good])


def test_an_event_is_redelivered_if_its_file_is_removed_meanwhile(
    alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    failing, good = posted(alice, s3), posted(alice, s3)
    calls.refuse("CopyObject", "NoSuchVersion", 404)
    assert deliver(message(f"uploads/{failing}", "failing"), message(f"uploads/{good}", "good")) == ["failing"]


def test_a_published_file_is_removed_from_the_incoming_bucket(alice: Caller, s3: "S3Client") -> None:
    completed, left = posted(alice, s3), posted(alice, s3)
    assert alice.complete(completed).status == 201
    for asset_id, version_id in arrived(s3):
        file_arrived(asset_id, version_id)
    assert sorted(public(s3)) == sorted([completed, left])
    assert arrived(s3) == []
    assert alice.complete(left).status == 201


def test_only_the_latest_refused_file_stays_in_the_incoming_bucket(alice: Caller, s3: "S3Client") -> None:
    body = alice.ask_for_form(filename="image.png").json()
    versions = [post(s3, body["upload"], media.gif()) for _ in range(3)]
    for version_id in versions:
        file_arrived(body["asset_id"], version_id)
    assert arrived(s3) == [(body["asset_id"], versions[-1])]
    assert alice.complete(body["asset_id"]).status == 400


def test_a_second_post_of_a_form_leaves_nothing(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    """It is not inspected either: two reads, and a removal that S3 does not charge for."""
    body = alice.ask_for_form(filename="image.png").json()
    post(s3, body["upload"], media.png())
    assert alice.complete(body["asset_id"]).status == 201
    versions = [version_id for _, version_id in arrived(s3)]
    versions += [post(s3, body["upload"], media.png(32, 32)) for _ in range(3)]
    for version_id in versions:
        calls.resume()
        file_arrived(body["asset_id"], version_id)
        assert calls.made == ["GetObject", "BatchGetItem", "DeleteObject"]
    assert arrived(s3) == []
    assert public_bytes(s3, body["asset_id"]) == media.png()


def test_an_overwritten_version_is_left_to_the_later_event(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    body = alice.ask_for_form(filename="image.png").json()
    earlier = post(s3, body["upload"], media.png())
    later = post(s3, body["upload"], media.png(32, 32))
    calls.resume()
    file_arrived(body["asset_id"], earlier)
    assert calls.made == ["GetObject", "BatchGetItem", "DeleteObject"]
    assert public(s3) == []
    file_arrived(body["asset_id"], later)
    assert public_bytes(s3, body["asset_id"]) == media.png(32, 32)
    assert arrived(s3) == []


def test_the_sample_event_is_an_eventbridge_event_in_an_sqs_message() -> None:
    (record,) = sample("publish")["Records"]
    event = json.loads(record["body"])
    assert (record["eventSource"], event["source"], event["detail-type"]) == ("aws:sqs", "aws.s3", "Object Created")
    assert deliver(record) == []
