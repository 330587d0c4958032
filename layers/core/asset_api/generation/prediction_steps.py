"""The effect of a prediction's status on its job, and the next step of a due generation. Pure functions."""

from dataclasses import dataclass
from typing import Literal

from asset_api.jobs.job_states import Creation, Status

Step = Literal["expire", "ask", "create", "find", "find or create"]

# A function that creates ends within this time: no response can arrive later.
SENDING_SECONDS = 60
# A prediction that the provider does not list by then was not created.
UNCONFIRMED_SECONDS = 900

_LONGEST_BACKOFF_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Progress:
    """The effect of a prediction on its job: the new status, the error message, and whether there is an output."""

    status: Status
    error_message: str | None = None
    has_output: bool = False


def progress(current: Status, prediction_status: str, error: str | None) -> Progress:
    """Return the effect on a job in flight. An unknown status counts as running: the deadline ends the job."""
    match prediction_status:
        case "processing":
            return Progress("processing")
        case "succeeded":
            return Progress("processing", has_output=True)
        case "failed":
            return Progress("failed", error or "The model failed without saying why")
        case "canceled":
            return Progress("canceled")
        case "aborted":
            return Progress("failed", "The provider ended the job before the model could start")
    return Progress(current)


def next_step(*, has_prediction: bool, creation: Creation, created: int, sent: int, deadline: int, now: int) -> Step:
    """The next step of a due job in flight. Times are Unix seconds; `sent` is 0 if nothing was sent."""
    if now >= deadline:
        return "expire"
    if has_prediction:
        return "ask"
    if creation == "ready":
        return "create"
    if now - (sent or created) >= UNCONFIRMED_SECONDS and creation == "sent":
        return "expire"
    return "find or create" if creation == "doubtful" else "find"


def backoff_seconds(attempts: int) -> int:
    """The pause after the `attempts`th failed create: 5 s, doubling, at most 5 minutes."""
    return int(min(5 * 2 ** (max(attempts, 1) - 1), _LONGEST_BACKOFF_SECONDS))
