"""The publish function: S3's events, by way of EventBridge and SQS."""

import json
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller
from tests.functions.triggers import deliver, file_arrived, message, post, public, public_bytes, sample

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def posted(caller: Caller, s3: "S3Client", name: str = "image.png", data: bytes | None = None) -> str:
    """The id of an upload whose bytes have arrived."""
    body = caller.ask_for_form(filename=name).json()
    post(s3, body["upload"], media.png() if data is None else data)
    asset_id: str = body["asset_id"]
    return asset_id


def test_publishes_a_file_that_nobody_completes(alice: Caller, s3: "S3Client") -> None:
    asset_id = posted(alice, s3)
    file_arrived(asset_id)
    assert public_bytes(s3, asset_id) == media.png()
    assert alice.list().json()["assets"][0]["asset_id"] == asset_id


def test_publishes_each_file_of_a_batch(alice: Caller, bob: Caller, s3: "S3Client") -> None:
    ids = [posted(alice, s3), posted(bob, s3), posted(alice, s3)]
    assert deliver(*(message(f"uploads/{asset_id}", asset_id) for asset_id in ids)) == []
    assert sorted(public(s3)) == sorted(ids)
    assert [len(caller.list().json()["assets"]) for caller in (alice, bob)] == [2, 1]


def test_an_event_delivered_again_changes_nothing(alice: Caller, s3: "S3Client") -> None:
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


def test_a_file_that_is_gone_ends_its_message(alice: Caller, s3: "S3Client") -> None:
    asset_id = posted(alice, s3)
    s3.delete_object(Bucket="incoming", Key=f"uploads/{asset_id}")
    file_arrived(asset_id)
    assert public(s3) == []


@pytest.mark.parametrize("key", ["elsewhere/x", "uploads/", "uploads/none", "uploads/../x", "x" * 1024])
def test_a_key_that_is_none_of_ours_ends_its_message(key: str, s3: "S3Client") -> None:
    s3.put_object(Bucket="incoming", Key=key, Body=media.png(), ContentType="image/png")
    assert deliver(message(key)) == []
    assert public(s3) == []


def test_a_key_that_is_no_asset_id_is_not_published_whatever_it_says(alice: Caller, s3: "S3Client") -> None:
    form = alice.ask_for_form(filename="image.png").json()["upload"]
    post(s3, {"fields": form["fields"] | {"key": "uploads/../../index.html"}}, media.png())
    assert deliver(message("uploads/../../index.html")) == []
    assert public(s3) == []


def test_a_deleted_asset_is_not_published_again(alice: Caller, s3: "S3Client") -> None:
    body = alice.ask_for_form(filename="image.png").json()
    post(s3, body["upload"], media.png())
    file_arrived(body["asset_id"])
    assert alice.delete(body["asset_id"]).status == 200
    post(s3, body["upload"], media.png())
    file_arrived(body["asset_id"])
    assert public(s3) == []
    assert alice.list().json()["assets"] == []


@pytest.mark.parametrize("body", ["{", "{}", '{"detail": {}}', "[]", '"text"'])
def test_a_poison_message_comes_again_and_the_good_ones_beside_it_do_not(
    body: str, alice: Caller, s3: "S3Client"
) -> None:
    first, last = posted(alice, s3), posted(alice, s3)
    poison = message("x", "poison") | {"body": body}
    assert deliver(message(f"uploads/{first}", "first"), poison, message(f"uploads/{last}", "last")) == ["poison"]
    assert sorted(public(s3)) == sorted([first, last])


def test_a_batch_of_nothing_but_failures_fails_as_a_whole() -> None:
    with pytest.raises(BatchProcessingError):
        deliver(message("x", "poison") | {"body": "{"})


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    [
        ("GetObject", "SlowDown", 503),
        ("GetObject", "AccessDenied", 403),
        ("BatchGetItem", "ProvisionedThroughputExceededException", 400),
        ("CopyObject", "InternalError", 500),
        ("TransactWriteItems", "InternalServerError", 500),
    ],
)
def test_a_file_that_aws_fails_on_comes_again(
    operation: str, code: str, status: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    failing, good = posted(alice, s3), posted(alice, s3)
    calls.refuse(operation, code, status)
    messages = message(f"uploads/{failing}", "failing"), message(f"uploads/{good}", "good")
    assert deliver(*messages) == ["failing"]
    assert deliver(messages[0]) == []
    assert sorted(public(s3)) == sorted([failing, good])


def test_a_file_that_keeps_changing_comes_again(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    failing, good = posted(alice, s3), posted(alice, s3)
    calls.refuse("CopyObject", "PreconditionFailed", 412, times=3)
    assert deliver(message(f"uploads/{failing}", "failing"), message(f"uploads/{good}", "good")) == ["failing"]


def test_the_sample_event_is_an_eventbridge_event_in_an_sqs_message() -> None:
    (record,) = sample("publish")["Records"]
    event = json.loads(record["body"])
    assert (record["eventSource"], event["source"], event["detail-type"]) == ("aws:sqs", "aws.s3", "Object Created")
    assert deliver(record) == []
