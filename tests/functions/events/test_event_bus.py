"""Events on an EventBridge bus."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from asset_api.composition import events
from asset_api.platform import aws
from tests import media
from tests.functions.conftest import configure
from tests.functions.events.stream import TableStream, deliver
from tests.functions.gateway import Caller


@pytest.fixture(autouse=True)
def bus_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, public_url="https://assets.example.com", event_bus_name="default")


def test_each_event_is_an_entry_with_its_type(alice: Caller, stream: TableStream) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    entries: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        entries.extend(params["Entries"])

    # The client checks the call's parameters.
    with Stubber(aws.eventbridge()) as stub:
        aws.eventbridge().meta.events.register("provide-client-params.events.PutEvents", note)
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]})
        deliver(stream.filtered())
        aws.eventbridge().meta.events.unregister("provide-client-params.events.PutEvents", note)
    (entry,) = entries
    assert (entry["EventBusName"], entry["Source"]) == ("default", "asset-upload-api")
    assert entry["DetailType"] == "asset.published"
    detail = json.loads(entry["Detail"])
    assert detail["id"] == f"asset_published_{asset_id}"
    assert detail["data"]["asset"] == alice.list().json()["assets"][0]


class Bus:
    """Make responses of PutEvents that refuse the entries at these positions."""

    def __init__(self, *refused: set[int]) -> None:
        self.refused = list(refused)
        self.calls: list[list[str]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803  AWS's name
        self.calls.append([json.loads(entry["Detail"])["id"] for entry in Entries])
        refused = self.refused.pop(0) if self.refused else set()
        results = [
            {"ErrorCode": "ThrottlingException"} if n in refused else {"EventId": "1"} for n in range(len(Entries))
        ]
        return {"FailedEntryCount": len(refused), "Entries": results}


def records(alice: Caller, stream: TableStream, count: int) -> list[dict[str, Any]]:
    """Make records of this many assets from one."""
    alice.upload("image.png", media.png())
    (record,) = stream.filtered()
    return [record] * count


def use(monkeypatch: pytest.MonkeyPatch, bus: Bus) -> list[float]:
    """Let the function put events on this bus; return its pauses."""
    monkeypatch.setattr(aws, "eventbridge", lambda: bus)
    pauses: list[float] = []
    (destination,) = events.dispatcher().destinations
    object.__setattr__(destination, "sleep", pauses.append)
    return pauses


def test_only_failed_entries_are_retried(alice: Caller, stream: TableStream, monkeypatch: pytest.MonkeyPatch) -> None:
    bus = Bus({0, 2}, {1})
    pauses = use(monkeypatch, bus)
    deliver(records(alice, stream, 4))
    assert [len(call) for call in bus.calls] == [4, 2, 1]
    assert pauses == sorted(pauses)


def test_a_persistent_failure_returns_the_batch(
    alice: Caller, stream: TableStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus(*[{0}] * 4)
    use(monkeypatch, bus)
    with pytest.raises(ClientError, match="Throttling"):
        deliver(records(alice, stream, 1))
    assert len(bus.calls) == 4


def test_many_events_are_sent_in_several_calls(
    alice: Caller, stream: TableStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus()
    use(monkeypatch, bus)
    deliver(records(alice, stream, 23))
    assert [len(call) for call in bus.calls] == [10, 10, 3]
