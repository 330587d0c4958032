"""The dispatch function: changes of the table, received through its stream."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from asset_api.platform import aws
from tests import media
from tests.functions.conftest import configure
from tests.functions.events.conftest import IMAGE_FUNCTION, VIDEO_FUNCTION, Functions
from tests.functions.events.stream import TableStream, deliver
from tests.functions.gateway import Caller
from tests.functions.triggers import sample

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

POISON: list[dict[str, Any]] = [
    {"NewImage": {}},
    {"NewImage": {"owner": {"S": "alice"}, "sk": {"S": "asset#1"}}},
    {"NewImage": {"size_bytes": {"N": "many"}}},
    {"NewImage": None},
    {"ApproximateCreationDateTime": None},
]


def test_the_published_event_contains_the_listed_asset(alice: Caller, stream: TableStream, sent: list[Any]) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    deliver(stream.filtered())
    ((event_id, payload),) = sent
    assert event_id == f"asset_published_{asset_id}"
    (listed,) = alice.list().json()["assets"]
    assert payload == {
        "type": "asset.published",
        "timestamp": payload["timestamp"],
        "data": {"owner": "alice", "asset": listed},
    }


def test_the_deleted_event_names_the_owner_and_the_cause(alice: Caller, stream: TableStream, sent: list[Any]) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    stream.records()
    alice.delete(asset_id)
    deliver(stream.filtered())
    ((event_id, payload),) = sent
    assert (event_id, payload["type"]) == (f"asset_deleted_{asset_id}", "asset.deleted")
    assert payload["data"] == {"owner": "alice", "asset_id": asset_id, "cause": "delete"}


def test_a_redelivered_batch_makes_the_same_events(alice: Caller, stream: TableStream, sent: list[Any]) -> None:
    alice.upload("image.png", media.png())
    records = stream.filtered()
    deliver(records)
    deliver(records)
    assert sent[0] == sent[1]


def test_a_published_file_gets_its_renditions(alice: Caller, stream: TableStream, functions: Functions) -> None:
    image = alice.upload("image.png", media.png()).json()["asset_id"]
    video = alice.upload("clip.mp4", media.mp4()).json()["asset_id"]
    deliver(stream.filtered())
    assert dict(functions.invoked) == {
        IMAGE_FUNCTION: {"owner": "alice", "asset_id": image, "file_type": "image/png"},
        VIDEO_FUNCTION: {"owner": "alice", "asset_id": video, "file_type": "video/mp4"},
    }


def test_a_changed_asset_is_not_published_again(alice: Caller, stream: TableStream, functions: Functions) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    stream.records()
    stream.dynamodb.update_item(
        TableName="assets",
        Key={"owner": {"S": "alice"}, "sk": {"S": f"asset#{asset_id}"}},
        UpdateExpression="SET thumbhash = :hash",
        ExpressionAttributeValues={":hash": {"S": "1QcSHQRnh493V4dIh4eXh1h4kJUI"}},
    )
    assert stream.filtered() == []
    assert functions.invoked == []


def test_a_kind_without_a_function_has_no_renditions(
    alice: Caller, stream: TableStream, functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, public_url="https://assets.example.com")
    alice.upload("image.png", media.png())
    deliver(stream.filtered())
    assert functions.invoked == []


@pytest.mark.parametrize("broken", POISON)
def test_an_unreadable_record_is_kept_and_does_not_block_others(
    broken: dict[str, Any],
    alice: Caller,
    stream: TableStream,
    sent: list[Any],
    functions: Functions,
    sqs: "SQSClient",
    queue_url: str,
) -> None:
    for _ in range(2):
        alice.upload("image.png", media.png())
    first, second = stream.filtered()
    poison = {**first, "eventID": "poison", "dynamodb": {**first["dynamodb"], **broken}}
    deliver([first, poison, second])
    assert len(sent) == len(functions.invoked) == 2
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    kept = json.loads(message["Body"])
    assert (kept["eventID"], kept["keys"]) == ("poison", first["dynamodb"]["Keys"])


def test_a_batch_is_redelivered_after_an_aws_failure(
    alice: Caller, stream: TableStream, sent: list[Any], functions: Functions
) -> None:
    alice.upload("image.png", media.png())
    records = stream.filtered()
    functions.refuses = True
    with pytest.raises(ClientError, match="TooManyRequests"):
        deliver(records)
    assert len(sent) == 1
    functions.refuses = False
    deliver(records)
    assert len(functions.invoked) == 1
    assert sent[0] == sent[1]


def test_a_record_is_not_lost_if_its_queue_fails(alice: Caller, stream: TableStream) -> None:
    alice.upload("image.png", media.png())
    (record,) = stream.filtered()
    del record["dynamodb"]["NewImage"]

    def refuse(**_: object) -> Any:
        raise ClientError({"Error": {"Code": "InternalError", "Message": ""}}, "SendMessage")

    aws.sqs().meta.events.register("before-call.sqs.SendMessage", refuse)
    try:
        with pytest.raises(ClientError, match="InternalError"):
            deliver([record])
    finally:
        aws.sqs().meta.events.unregister("before-call.sqs.SendMessage", refuse)


def test_the_sample_is_processed(sent: list[Any]) -> None:
    deliver(sample("dispatch")["Records"])
    assert [event_id for event_id, _ in sent] == ["asset_published_019a8790-3d80-7c4a-9b1e-5f0f9a621d72"]
