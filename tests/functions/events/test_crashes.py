"""Dispatch stopped before and after each of its calls, and its batch delivered again: every event reaches everyone."""

import json
from collections.abc import Callable
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

# Two receivers' queues, the bus, and the renditions of two of the three assets that are left.
CALLS = 5


class Calls:
    """The calls of `dispatch`, of which one ends the process before or after its effect."""

    def __init__(self, number: int, moment: Moment) -> None:
        self.number, self.moment, self.made = number, moment, 0

    def of(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **request: Any) -> Any:
            self.made += 1
            is_last = self.made == self.number
            if is_last and self.moment == "before":
                raise Stopped
            answer = call(*arguments, **request)
            if is_last:
                raise Stopped
            return answer

        return counted


class Bus:
    def __init__(self) -> None:
        self.ids: list[str] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803  AWS's name
        self.ids += [json.loads(entry["Detail"])["id"] for entry in Entries]
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", range(1, CALLS + 1))
def test_everyone_hears_of_every_event_by_one_id_wherever_dispatch_stops(
    number: int,
    moment: Moment,
    alice: Caller,
    stream: TableStream,
    sqs: "SQSClient",
    functions: Functions,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queues = [sqs.create_queue(QueueName=f"receiver-{each}")["QueueUrl"] for each in (1, 2)]
    bus = Bus()
    monkeypatch.setattr(aws, "eventbridge", lambda: bus)
    configure(
        monkeypatch,
        public_url="https://assets.example.com",
        webhook_queue_urls=tuple(queues),
        event_bus_name="default",
        image_renditions_function=IMAGE_FUNCTION,
        video_renditions_function=VIDEO_FUNCTION,
    )
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
        sqs.delete_queue(QueueUrl=queue)


def test_there_are_no_more_calls_to_stop_at(
    alice: Caller, stream: TableStream, sqs: "SQSClient", functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_everyone_hears_of_every_event_by_one_id_wherever_dispatch_stops(
            CALLS + 1, "before", alice, stream, sqs, functions, monkeypatch
        )
    for each in (1, 2):
        sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=f"receiver-{each}")["QueueUrl"])
