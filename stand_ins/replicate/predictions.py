"""A prediction and its lifecycle, as values: nothing here reads a clock or does I/O.

    starting ──▶ processing ──▶ succeeded, failed, canceled
       ├───────────────────────▶ canceled   by its creator
       └───────────────────────▶ aborted    by its deadline

Source: https://replicate.com/docs/topics/predictions/lifecycle
"""

import base64
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

Status = Literal["starting", "processing", "succeeded", "failed", "canceled", "aborted"]
Event = Literal["start", "output", "logs", "completed"]

# https://replicate.com/docs/topics/webhooks/receive-webhook
EVENTS: tuple[Event, ...] = ("start", "output", "logs", "completed")
DEFAULT_EVENTS: tuple[Event, ...] = ("output", "completed")

RETENTION_SECONDS = 3600
TIMEOUT_SECONDS = 30 * 60
# What the API says of models that have no versions of their own.
NO_VERSION = "hidden"


class AlreadyEndedError(Exception):
    """A prediction that has ended stays as it is."""


def new_id() -> str:
    """26 random characters, of the alphabet of Replicate's own ids."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


@dataclass(frozen=True, slots=True)
class Prediction:
    """One prediction at one moment. Times are aware; every change gives another value.

    `delivery` names its output file, whatever the output says.
    """

    id: str
    model: str
    version: str
    input: dict[str, Any]
    webhook: str | None
    events: tuple[Event, ...]
    created_at: datetime
    deadline: datetime | None = None
    status: Status = "starting"
    started_at: datetime | None = None
    completed_at: datetime | None = None
    output: Any = field(default=None, repr=False)
    error: str | None = None
    logs: str = field(default="", repr=False)
    delivery: str = ""

    @property
    def has_ended(self) -> bool:
        return self.status not in ("starting", "processing")

    def started(self, now: datetime) -> Self:
        return self._changed(status="processing", started_at=now)

    def logged(self, line: str) -> Self:
        return self._changed(logs=f"{self.logs}{line}\n")

    def with_output(self, output: Any, delivery: str) -> Self:
        """Still running, as models are that have shown what they will give."""
        return self._changed(output=output, delivery=delivery)

    def succeeded(self, now: datetime) -> Self:
        return self._changed(status="succeeded", completed_at=now)

    def failed(self, error: str, now: datetime) -> Self:
        return self._changed(status="failed", error=error, completed_at=now)

    def canceled(self, now: datetime) -> Self:
        return self._changed(status="canceled", output=None, completed_at=now)

    def aborted(self, now: datetime) -> Self:
        """Raises ValueError for a prediction that runs: that one is canceled."""
        if self.status == "processing":
            raise ValueError("a prediction that runs is canceled, not aborted")
        return self._changed(status="aborted", completed_at=now)

    def is_removed(self, now: datetime, retention: timedelta) -> bool:
        """Whether input, output, logs and output file are gone by `now`."""
        return self.completed_at is not None and now - self.completed_at >= retention

    def _changed(self, **changes: Any) -> Self:
        if self.has_ended:
            raise AlreadyEndedError(self.id)
        return replace(self, **changes)


def document(prediction: Prediction, api_url: str, *, is_removed: bool) -> dict[str, Any]:
    """What the API, and a webhook's body, say of `prediction`."""
    own_url = f"{api_url}/v1/predictions/{prediction.id}"
    answer: dict[str, Any] = {
        "id": prediction.id,
        "model": prediction.model,
        "version": prediction.version,
        "input": {} if is_removed else prediction.input,
        "logs": "" if is_removed else prediction.logs,
        "output": None if is_removed else prediction.output,
        "data_removed": is_removed,
        "error": prediction.error,
        "source": "api",
        "status": prediction.status,
        "created_at": timestamp(prediction.created_at),
        "started_at": timestamp(prediction.started_at),
        "completed_at": timestamp(prediction.completed_at),
        "metrics": _metrics(prediction),
        "urls": {"get": own_url, "cancel": f"{own_url}/cancel", "web": f"{api_url}/p/{prediction.id}"},
    }
    if prediction.deadline is not None:
        answer["deadline"] = timestamp(prediction.deadline)
    if prediction.webhook is not None:
        answer |= {"webhook": prediction.webhook, "webhook_events_filter": list(prediction.events)}
    return answer


def list_entry(whole: dict[str, Any]) -> dict[str, Any]:
    """What a list shows of a prediction's document: neither logs nor webhook."""
    return {name: value for name, value in whole.items() if name not in ("logs", "webhook", "webhook_events_filter")}


def timestamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the microsecond."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _metrics(prediction: Prediction) -> dict[str, float]:
    if prediction.completed_at is None:
        return {}
    total = (prediction.completed_at - prediction.created_at).total_seconds()
    if prediction.started_at is None:
        return {"total_time": total}
    return {"predict_time": (prediction.completed_at - prediction.started_at).total_seconds(), "total_time": total}
