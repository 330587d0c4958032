"""Pages of 100 predictions, newest first, with opaque cursors."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from stand_ins.replicate.creation import RefusedError
from stand_ins.replicate.predictions import Prediction
from stand_ins.replicate.problems import Problem

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A page of predictions, with the queries for the pages before and after it."""

    predictions: Sequence[Prediction]
    previous: Mapping[str, str] | None
    next: Mapping[str, str] | None


def page(oldest_first: Sequence[Prediction], query: Mapping[str, str]) -> Page:
    """Return the page that `created_after`, `created_before` and `cursor` in `query` select. Raises RefusedError."""
    after, before = _moment(query.get("created_after")), _moment(query.get("created_before"))
    matching = [
        one
        for one in reversed(oldest_first)
        if (after is None or one.created_at >= after) and (before is None or one.created_at < before)
    ]
    start = _start(matching, query.get("cursor"))

    def query_of(place: int) -> Mapping[str, str] | None:
        return {**query, "cursor": _cursor(matching[place])} if 0 <= place < len(matching) else None

    previous = None if start == 0 else query_of(max(start - PAGE_SIZE, 0))
    return Page(matching[start : start + PAGE_SIZE], previous, query_of(start + PAGE_SIZE))


def _moment(text: str | None) -> datetime | None:
    """Parse a time with a UTC offset (RFC 3339). Raises RefusedError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RefusedError(Problem(400, f"Not a time with a UTC offset: {text}", "Bad request"))
    return moment


def _cursor(prediction: Prediction) -> str:
    return base64.urlsafe_b64encode(f"p={prediction.id}".encode()).decode()


def _start(matching: Sequence[Prediction], cursor: str | None) -> int:
    """Return the index where `cursor`'s page starts. Raises RefusedError."""
    if not cursor:
        return 0
    try:
        wanted = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().removeprefix("p=")
        return next(place for place, one in enumerate(matching) if one.id == wanted)
    except (ValueError, StopIteration) as error:  # neither base64 nor UTF-8, or no such prediction
        raise RefusedError(Problem(400, "Invalid cursor", "Bad request")) from error
