"""The invocation's remaining time, checked before anything that may take long.

Lambda ends a function that exceeds its timeout, and the client then gets API Gateway's response instead of ours.
Timeouts and retries alone cannot prevent that: a request makes several calls, each with up to three attempts. So no
step starts that may take longer than the time left: docs/adr/0008-no-call-that-cannot-end-in-time.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# Needed to render the response and write the log.
RESPONSE_SECONDS = 1.0

_remaining_ms: ContextVar[Callable[[], int] | None] = ContextVar("remaining_ms", default=None)


@contextmanager
def of(context: Any) -> Iterator[None]:
    """Limit calls within the block to the remaining time of Lambda's `context`."""
    token = _remaining_ms.set(context.get_remaining_time_in_millis)
    try:
        yield
    finally:
        _remaining_ms.reset(token)


def allows(seconds: float) -> bool:
    """Tell whether a call of `seconds` and the response still fit. Always true outside an invocation."""
    remaining_ms = _remaining_ms.get()
    return remaining_ms is None or remaining_ms() >= (seconds + RESPONSE_SECONDS) * 1000
