"""Fakes of everything that the dispatch function sends to."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from asset_api.composition import events
from asset_api.platform import aws
from tests.functions.conftest import configure
from tests.functions.events.stream import TableStream

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

IMAGE_FUNCTION, VIDEO_FUNCTION = "stack-renditions", "stack-frames"


class Functions:
    """Lambda's asynchronous invocations, recorded: moto would run the functions in Docker."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, Any]] = []
        self.refuses = False

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803  AWS's names
        if self.refuses:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "Invoke")
        assert InvocationType == "Event"
        self.invoked.append((FunctionName, json.loads(Payload)))


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    made = Functions()
    monkeypatch.setattr(aws, "lambda_client", lambda: made)
    return made


@pytest.fixture(autouse=True)
def dispatch_settings(monkeypatch: pytest.MonkeyPatch, queue_url: str, functions: Functions) -> None:  # noqa: ARG001
    """Settings of the dispatch function, whose unreadable records go to the account's queue."""
    configure(
        monkeypatch,
        public_url="https://assets.example.com",
        unreadable_records_url=queue_url,
        image_renditions_function=IMAGE_FUNCTION,
        video_renditions_function=VIDEO_FUNCTION,
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Events sent to a destination, as pairs of id and payload."""
    received: list[Any] = []

    class Destination:
        def send(self, events: Any) -> None:
            received.extend((event.event_id, event.to_json()) for event in events)

    made = events.dispatcher()
    object.__setattr__(made, "destinations", (Destination(),))
    monkeypatch.setattr(events, "dispatcher", lambda: made)
    return received


@pytest.fixture
def stream(dynamodb: "DynamoDBClient") -> TableStream:
    return TableStream(dynamodb)
