"""Updates of a nested stack by MiniStack with our adjustment, which keeps attributes."""

from collections.abc import Iterator

import pytest
from ministack.services import cloudformation
from ministack.services.cloudformation import provisioners

from local.emulator_process import nested_stacks

PROPERTIES = {"QueueName": "receiver-1"}
ATTRIBUTES = {"Arn": "arn:aws:sqs:us-east-1:000000000000:receiver-1"}


@pytest.fixture(autouse=True)
def nested(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(provisioners, "_update_resource", provisioners._update_resource)
    nested_stacks.install()
    cloudformation._stacks["nested"] = {"_resources": {"Queue": {"Attributes": ATTRIBUTES}}}
    yield
    del cloudformation._stacks["nested"]


def test_an_unchanged_resource_keeps_its_attributes() -> None:
    unchanged = ("AWS::SQS::Queue", "the url", PROPERTIES, dict(PROPERTIES), "nested", "Queue")
    assert provisioners._update_resource(*unchanged) == ("the url", ATTRIBUTES)


def test_the_callers_attributes_take_precedence() -> None:
    unchanged = ("AWS::SQS::Queue", "the url", PROPERTIES, dict(PROPERTIES), "nested", "Queue", {"Arn": "newer"})
    assert provisioners._update_resource(*unchanged) == ("the url", {"Arn": "newer"})


def test_an_unknown_resource_has_no_attributes() -> None:
    unchanged = ("AWS::SQS::Queue", "the url", PROPERTIES, dict(PROPERTIES), "nested", "DeadLetters")
    assert provisioners._update_resource(*unchanged) == ("the url", {})
