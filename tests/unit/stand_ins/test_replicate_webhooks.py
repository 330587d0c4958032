"""The stand-in's webhooks: signatures, and which messages an event becomes."""

from typing import Any

import pytest

from stand_ins.replicate.behaviors import WebhookForm
from stand_ins.replicate.messages import FORGERIES, Message, messages
from stand_ins.replicate.predictions import Event
from stand_ins.replicate.signing import signature

DOCUMENT: dict[str, Any] = {"id": "x", "status": "succeeded", "output": "http://o", "error": None, "completed_at": "t"}


def sent(form: WebhookForm, event: Event, *wanted: Event) -> list[Message]:
    return list(messages(form, wanted, event, DOCUMENT))


def test_signs_as_the_published_test_vector_does() -> None:
    # https://github.com/standard-webhooks/standard-webhooks: the vector of its reference implementations.
    secret, message_id = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    signed = signature(secret, message_id, 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_?"])
def test_refuses_a_malformed_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signature(secret, "msg", 0, b"")


def test_sends_only_requested_events() -> None:
    assert [message.event for message in sent("once", "completed", "completed")] == ["completed"]
    assert sent("once", "output", "completed") == []
    assert sent("never", "completed", "completed") == []


def test_only_terminal_events_are_retried() -> None:
    assert [message.is_retried for message in sent("once", "completed", "completed")] == [True]
    assert [message.is_retried for message in sent("once", "output", "output")] == [False]


def test_duplicates_share_an_id() -> None:
    repeated = sent("duplicated", "completed", "completed")
    assert [message.delay for message in repeated] == [0, 0, 2]
    assert len({message.message_id for message in repeated}) == 1


def test_late_webhooks_come_after_two_minutes() -> None:
    assert [message.delay for message in sent("late", "completed", "completed")] == [120]


def test_the_last_event_may_come_first() -> None:
    assert sent("out of order", "start", "start", "completed") == []
    arriving = sent("out of order", "completed", "completed")
    assert [message.document["status"] for message in arriving] == ["succeeded", "processing", "starting"]
    assert sorted(arriving, key=lambda message: message.delay) == arriving
    assert len({message.message_id for message in arriving}) == 3


def test_forgeries_precede_the_genuine_webhook() -> None:
    forged = sent("forged", "start", "completed")
    assert [message.forgery for message in forged] == list(FORGERIES)
    assert {message.document["status"] for message in forged} == {"failed"}
    assert not any(message.is_retried for message in forged)
    assert [message.forgery for message in sent("forged", "completed", "completed")] == [None]
