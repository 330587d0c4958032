"""Crashes of dispatch before and after each of its calls: once its batch is redelivered, every event has arrived."""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from asset_api import composition
from asset_api.platform import aws
from tests import media
from tests.functions.aws_calls import MOMENTS, Moment, Stopped
from tests.functions.conftest import configure
from tests.functions.events.conftest import IMAGE_FUNCTION, VIDEO_FUNCTION, Functions
from tests.functions.events.stream import TableStream, deliver
from tests.functions.gateway import Caller

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient

# The queues of two receivers, the event bus, and the renditions functions of the two assets that remain.
CALLS = 5


class Calls:
    """The calls of `dispatch`; one of them ends the process before or after its effect."""

    def __init__(self, number: int, moment: Moment) -> None:
        self.number, self.moment, self.made = number, moment, 0

    def of(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **request: Any) -> Any:
            self.made += 1
            is_last = self.made == self.number
            if is_last and self.moment == "before":
                raise Stopped
            response = call(*arguments, **request)
            if is_last:
                raise Stopped
            return response

        return counted


class Bus:
    def __init__(self) -> None:
        self.ids: list[str] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803  AWS's name
        self.ids += [json.loads(entry["Detail"])["id"] for entry in Entries]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Bus:
    bus = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: bus)
    return bus


@pytest.fixture
def queues(sqs: "SQSClient", bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:  # noqa: ARG001
    """Queues of two receivers, in a deployment that also has an event bus and both renditions functions."""
    urls = [sqs.create_queue(QueueName=f"receiver-{each}")["QueueUrl"] for each in (1, 2)]
    configure(
        monkeypatch,
        public_url="https://assets.example.com",
        webhook_queue_urls=tuple(urls),
        event_bus_name="default",
        image_renditions_function=IMAGE_FUNCTION,
        video_renditions_function=VIDEO_FUNCTION,
    )
    yield urls
    for url in urls:
        sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_a_crash_of_dispatch_loses_no_event(
    number: int,
    moment: Moment,
    alice: Caller,
    stream: TableStream,
    sqs: "SQSClient",
    queues: list[str],
    bus: Bus,
    functions: Functions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = alice.upload("image.png", media.png()).json()["asset_id"]
    video = alice.upload("clip.mp4", media.mp4()).json()["asset_id"]
    gone = alice.upload("gone.png", media.png()).json()["asset_id"]
    alice.delete(gone)
    records = stream.filtered()

    calls = Calls(number, moment)
    with monkeypatch.context() as patched:
        patched.setattr(aws.sqs(), "send_message_batch", calls.of(aws.sqs().send_message_batch))
        patched.setattr(bus, "put_events", calls.of(bus.put_events))
        patched.setattr(functions, "invoke", calls.of(functions.invoke))
        composition.reset()
        with pytest.raises(Stopped):
            deliver(records)
    deliver(records)

    expected = {f"asset_published_{image}", f"asset_published_{video}", f"asset_deleted_{gone}"}
    assert set(bus.ids) == expected
    assert {payload["asset_id"] for _, payload in functions.invoked} == {image, video}
    for queue in queues:
        found = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"], MaxNumberOfMessages=10)["Messages"]
        assert {message["MessageAttributes"]["event_id"]["StringValue"] for message in found} == expected


def test_dispatch_makes_no_further_calls(
    alice: Caller,
    stream: TableStream,
    sqs: "SQSClient",
    queues: list[str],
    bus: Bus,
    functions: Functions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_crash_of_dispatch_loses_no_event(
            CALLS + 1, "before", alice, stream, sqs, queues, bus, functions, monkeypatch
        )
