"""Webhooks: events queued for each receiver, and the notify function's attempts."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from asset_api.composition import events
from asset_api.events.webhook_requests import NotDeliveredError, WebhookSender
from asset_api.platform import aws
from functions.notify import app as notify
from tests import media
from tests.functions.aws_account import ACCOUNT, REGION
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.events.stream import TableStream, deliver
from tests.functions.gateway import Caller, Context
from tests.functions.triggers import sample

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

RECEIVERS = ("https://one.example.com/hook", "https://two.example.com/")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receivers:
    """The receivers' responses, by URL; `got` are the events that arrived."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, Any]] = []
        self.dead: set[str] = set()
        self.retry_after = 0

    def take(self, url: str, event_id: str, body: bytes) -> None:
        if url in self.dead:
            raise NotDeliveredError("the receiver responded with 500", self.retry_after)
        self.got.append((url, event_id, json.loads(body)))


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> Receivers:
    made = Receivers()
    monkeypatch.setattr(WebhookSender, "send", lambda _sender, *request: made.take(*request))
    return made


@pytest.fixture
def queues(sqs: "SQSClient", queue_url: str) -> Iterator[list[str]]:  # noqa: ARG001  it creates the account
    """The receivers' queues, with dead letters after three receives."""
    urls, dead_letters = [], []
    for number in (1, 2):
        dead_letters.append(sqs.create_queue(QueueName=f"stack-webhook-{number}-dead-letters")["QueueUrl"])
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:stack-webhook-{number}-dead-letters"
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 3})
        created = sqs.create_queue(QueueName=f"stack-webhook-{number}", Attributes={"RedrivePolicy": policy})
        urls.append(created["QueueUrl"])
    yield urls
    for url in (*urls, *dead_letters):
        sqs.delete_queue(QueueUrl=url)


@pytest.fixture(autouse=True)
def webhook_settings(monkeypatch: pytest.MonkeyPatch, queues: list[str], clock: Clock) -> None:  # noqa: ARG001
    configure(
        monkeypatch,
        public_url="https://assets.example.com",
        webhook_queue_urls=tuple(queues),
        webhook_urls=RECEIVERS,
        webhook_secrets=(SECRET,),
    )


@pytest.fixture
def published(alice: Caller, stream: TableStream) -> str:
    """Publish an asset whose event `dispatch` queues for the receivers; return its id."""
    asset_id: str = alice.upload("image.png", media.png()).json()["asset_id"]
    deliver(stream.filtered())
    return asset_id


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record for how many seconds `notify` hides messages, which are received again at once."""
    requested: list[int] = []
    change = aws.sqs().change_message_visibility

    def remember(**request: Any) -> Any:
        requested.append(request["VisibilityTimeout"])
        return change(**{**request, "VisibilityTimeout": 0})

    monkeypatch.setattr(aws.sqs(), "change_message_visibility", remember)
    return requested


def received(sqs: "SQSClient", url: str) -> list[dict[str, Any]]:
    """Receive the visible messages of a queue as Lambda records."""
    found = sqs.receive_message(
        QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"], MaxNumberOfMessages=10
    )
    return [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: {"stringValue": each["StringValue"], "dataType": each["DataType"]}
                for name, each in message["MessageAttributes"].items()
            },
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}",
            "awsRegion": REGION,
        }
        for message in found.get("Messages", [])
    ]


def poll(sqs: "SQSClient", url: str) -> int:
    """Let the function process the queue's messages, as Lambda does; return how many stay."""
    records, stay = received(sqs, url), 0
    for record in records:
        response = notify.handler({"Records": [record]}, Context())
        if response["batchItemFailures"]:
            stay += 1
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    return stay


def test_every_receiver_gets_every_event(
    alice: Caller, stream: TableStream, sqs: "SQSClient", queues: list[str], receivers: Receivers
) -> None:
    ids = {alice.upload("Ä.png", media.png()).json()["asset_id"] for _ in range(2)}
    deliver(stream.filtered())
    for url in queues:
        assert poll(sqs, url) == 0
    assert {(url, event_id) for url, event_id, _ in receivers.got} == {
        (url, f"asset_published_{asset_id}") for url in RECEIVERS for asset_id in ids
    }
    assert {payload["data"]["asset"]["filename"] for _, _, payload in receivers.got} == {"Ä.png"}


def test_more_than_a_batch_of_events_is_queued(
    stream: TableStream, sqs: "SQSClient", queues: list[str], alice: Caller
) -> None:
    alice.upload("image.png", media.png())
    (record,) = stream.filtered()
    deliver([record] * 23)
    attributes = sqs.get_queue_attributes(QueueUrl=queues[0], AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "23"


@pytest.mark.usefixtures("published")
def test_a_dead_receiver_delays_no_other_and_is_retried(
    sqs: "SQSClient", queues: list[str], receivers: Receivers
) -> None:
    receivers.dead = {RECEIVERS[0]}
    assert [poll(sqs, url) for url in queues] == [1, 0]
    assert received(sqs, queues[0]) == [], "the event is not hidden until its retry"
    assert [url for url, _, _ in receivers.got] == [RECEIVERS[1]]


def test_pauses_grow_until_the_event_arrives(
    published: str,
    sqs: "SQSClient",
    queues: list[str],
    receivers: Receivers,
    clock: Clock,
    pauses: list[int],
) -> None:
    receivers.dead = {RECEIVERS[0]}
    (record,) = received(sqs, queues[0])
    for seconds in (0, 60, 3600):
        clock.advance(seconds)
        assert notify.handler({"Records": [record]}, Context())["batchItemFailures"]
    assert pauses[0] < 10 < pauses[1] < 100 < pauses[2] < 2 * 3600
    receivers.dead = set()
    assert not notify.handler({"Records": [record]}, Context())["batchItemFailures"]
    assert [event_id for _, event_id, _ in receivers.got] == [f"asset_published_{published}"]


@pytest.mark.usefixtures("published")
def test_an_event_becomes_a_dead_letter_after_a_day(
    sqs: "SQSClient",
    queues: list[str],
    receivers: Receivers,
    clock: Clock,
    pauses: list[int],
) -> None:
    clock.advance(timedelta(hours=24, minutes=1).total_seconds())
    for _ in range(3):
        assert poll(sqs, queues[0]) == 1
    assert received(sqs, queues[0]) == []
    assert (receivers.got, pauses) == ([], [0, 0, 0])
    (letter,) = received(sqs, queues[0] + "-dead-letters")
    assert letter["messageAttributes"]["receiver"]["stringValue"] == "1"


@pytest.mark.usefixtures("published")
def test_retry_after_of_a_receiver_is_respected(
    sqs: "SQSClient",
    queues: list[str],
    receivers: Receivers,
    pauses: list[int],
) -> None:
    receivers.dead, receivers.retry_after = {RECEIVERS[0]}, 600
    assert poll(sqs, queues[0]) == 1
    assert pauses == [600]


@pytest.mark.usefixtures("published")
def test_events_of_a_removed_receiver_are_dropped(
    sqs: "SQSClient",
    queues: list[str],
    receivers: Receivers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, webhook_urls=RECEIVERS[:1], webhook_secrets=(SECRET,))
    assert poll(sqs, queues[1]) == 0
    assert receivers.got == []


def test_nothing_is_queued_without_receivers(
    alice: Caller, stream: TableStream, sqs: "SQSClient", queues: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, public_url="https://assets.example.com")
    alice.upload("image.png", media.png())
    deliver(stream.filtered())
    assert events.dispatcher().destinations == []
    assert received(sqs, queues[0]) == []


def test_a_batch_is_redelivered_if_an_event_was_not_queued(
    alice: Caller, stream: TableStream, sqs: "SQSClient", queues: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.upload("image.png", media.png())
    records = stream.filtered()
    send = aws.sqs().send_message_batch

    def fail_for_the_first(**request: Any) -> Any:
        if request["QueueUrl"] == queues[0]:
            return {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
        return send(**request)

    with monkeypatch.context() as patched:
        patched.setattr(aws.sqs(), "send_message_batch", fail_for_the_first)
        with pytest.raises(ClientError, match="InternalError"):
            deliver(records)
    assert len(received(sqs, queues[1])) == 1, "the other receiver's event was not queued"
    deliver(records)
    assert len(received(sqs, queues[0])) == 1


def test_receivers_urls_are_not_logged(
    alice: Caller,
    stream: TableStream,
    sqs: "SQSClient",
    queues: list[str],
    receivers: Receivers,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A receiver's URL may contain credentials."""
    alice.upload("image.png", media.png())
    deliver(stream.filtered())
    receivers.dead = {RECEIVERS[0]}
    poll(sqs, queues[0])
    assert RECEIVERS[0] not in capsys.readouterr().out


def test_the_sample_is_processed(receivers: Receivers, clock: Clock) -> None:
    event = sample("notify")
    clock.time = clock.time.fromtimestamp(
        int(event["Records"][0]["attributes"]["SentTimestamp"]) / 1000, clock.time.tzinfo
    )
    assert notify.handler(event, Context()) == {"batchItemFailures": []}
    ((url, event_id, payload),) = receivers.got
    assert (url, payload["type"]) == (RECEIVERS[0], "asset.published")
    assert event_id == f"asset_published_{payload['data']['asset']['asset_id']}"
