"""A prediction and its lifecycle, as values: nothing here reads a clock or does I/O.

    starting ──▶ processing ──▶ succeeded, failed, canceled
       ├───────────────────────▶ canceled   by its creator
       └───────────────────────▶ aborted    at its deadline

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
# The API's `version` for models without public versions.
NO_VERSION = "hidden"


class AlreadyEndedError(Exception):
    """The prediction has already ended."""


def new_id() -> str:
    """Return 26 random characters from the alphabet of Replicate's ids."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction at one moment; every change returns a new value. Times have a UTC offset.

    `delivery` identifies the output file, whatever `output` holds.
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
        """Return it with an output while it is still running, like a model that streams its output."""
        return self._changed(output=output, delivery=delivery)

    def succeeded(self, now: datetime) -> Self:
        return self._changed(status="succeeded", completed_at=now)

    def failed(self, error: str, now: datetime) -> Self:
        return self._changed(status="failed", error=error, completed_at=now)

    def canceled(self, now: datetime) -> Self:
        return self._changed(status="canceled", output=None, completed_at=now)

    def aborted(self, now: datetime) -> Self:
        """Return it aborted. Raises ValueError if it is running: then it has to be canceled instead."""
        if self.status == "processing":
            raise ValueError("a running prediction is canceled, not aborted")
        return self._changed(status="aborted", completed_at=now)

    def is_removed(self, now: datetime, retention: timedelta) -> bool:
        """Return True if its input, output, logs and output file have expired by `now`."""
        return self.completed_at is not None and now - self.completed_at >= retention

    def _changed(self, **changes: Any) -> Self:
        if self.has_ended:
            raise AlreadyEndedError(self.id)
        return replace(self, **changes)


def document(prediction: Prediction, api_url: str, *, is_removed: bool) -> dict[str, Any]:
    """Return `prediction` as JSON, for API responses and webhooks alike."""
    own_url = f"{api_url}/v1/predictions/{prediction.id}"
    json_object: dict[str, Any] = {
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
        json_object["deadline"] = timestamp(prediction.deadline)
    if prediction.webhook is not None:
        json_object |= {"webhook": prediction.webhook, "webhook_events_filter": list(prediction.events)}
    return json_object


def list_entry(whole: dict[str, Any]) -> dict[str, Any]:
    """Return a prediction's JSON as it is in lists, without logs and webhook."""
    return {name: value for name, value in whole.items() if name not in ("logs", "webhook", "webhook_events_filter")}


def timestamp(moment: datetime | None) -> str | None:
    """Format a time as RFC 3339 in UTC, to the microsecond."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _metrics(prediction: Prediction) -> dict[str, float]:
    if prediction.completed_at is None:
        return {}
    total = (prediction.completed_at - prediction.created_at).total_seconds()
    if prediction.started_at is None:
        return {"total_time": total}
    return {"predict_time": (prediction.completed_at - prediction.started_at).total_seconds(), "total_time": total}
