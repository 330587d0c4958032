"""Webhook messages for a prediction's events, including misbehavior: decisions without I/O."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from stand_ins.replicate.behaviors import WebhookForm
from stand_ins.replicate.predictions import Event

Forgery = Literal["unsigned", "other secret", "changed body", "old timestamp"]
FORGERIES: tuple[Forgery, ...] = ("unsigned", "other secret", "changed body", "old timestamp")

_LATE_SECONDS = 120.0
_REPEATED_AFTER_SECONDS = (0.0, 0.0, 2.0)


def new_message_id() -> str:
    return f"msg_{secrets.token_urlsafe(20)}"


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook to send after `delay` seconds of the provider's clock; `event` is None for a forgery."""

    event: Event | None
    document: dict[str, Any]
    delay: float = 0.0
    forgery: Forgery | None = None
    message_id: str = field(default_factory=new_message_id)

    @property
    def is_retried(self) -> bool:
        """Return True for terminal events only; forgeries are sent once."""
        return self.event == "completed" and self.forgery is None


def messages(form: WebhookForm, wanted: tuple[Event, ...], event: Event, document: dict[str, Any]) -> Iterator[Message]:
    """Return the messages to send for `event` of the prediction described by `document`."""
    if form == "never":
        return
    if form == "forged" and event == "start":
        yield from _forged(document)
    if form == "out of order":
        yield from _out_of_order(document) if event == "completed" else ()
    elif event in wanted:
        message_id = new_message_id()
        delays = {"duplicated": _REPEATED_AFTER_SECONDS, "late": (_LATE_SECONDS,)}.get(form, (0.0,))
        for delay in delays:
            yield Message(event, document, delay, message_id=message_id)


def _forged(document: dict[str, Any]) -> Iterator[Message]:
    forged = document | {"status": "failed", "error": "forged", "output": None}
    for forgery in FORGERIES:
        yield Message(None, forged, forgery=forgery)


def _out_of_order(document: dict[str, Any]) -> Iterator[Message]:
    yield Message("completed", document)
    earlier = document | {"output": None, "error": None, "completed_at": None, "metrics": {}}
    yield Message("logs", earlier | {"status": "processing"}, delay=1)
    yield Message("start", earlier | {"status": "starting", "started_at": None}, delay=2)
