"""What a generation job can be, what makes it something else, and what is to be done about it next: decisions only.

    pending ──▶ processing ──▶ completed
       └────────────┴────────▶ failed, canceled        the three on the right are final

A job is `pending` until the provider says that the model runs, and `processing` until its video is an asset.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Status = Literal["pending", "processing", "completed", "failed", "canceled"]
STATUSES: tuple[Status, ...] = get_args(Status)
IN_FLIGHT: tuple[Status, ...] = ("pending", "processing")

Creation = Literal["ready", "sent", "doubtful"]
"""How far creating the prediction is: `ready` to be sent, since for certain none exists; `sent`, its answer not known,
and so never sent again; `doubtful`, answered by a 5xx, and sent again only if the provider lists no such prediction.
Of no meaning once there is a prediction id."""

Step = Literal["expire", "ask", "create", "find", "find or create"]

# A function that creates ends within this: who still waits for the answer then will not see it.
SENDING_SECONDS = 60
# A prediction that the provider does not list after so long was not created.
UNCONFIRMED_SECONDS = 900

_LONGEST_BACKOFF_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Progress:
    """What a prediction means for its job: what the job becomes, with which words, and whether there is an output."""

    status: Status
    error_message: str | None = None
    has_output: bool = False


def progress(current: Status, prediction_status: str, error: str | None) -> Progress:
    """From a job in flight. A status that is not known is taken for one that is still running: deadlines end it."""
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
    """What to do about a job in flight that is due. Times in Unix seconds; `sent` is 0 where nothing was."""
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
    """How long to wait after the `attempts`th create that failed: 5 s, doubling, at most 5 minutes."""
    return int(min(5 * 2 ** (max(attempts, 1) - 1), _LONGEST_BACKOFF_SECONDS))
