"""How much time the invocation has left, for whoever starts something that may take long.

Lambda ends a function that outlives its time-out, and the client then gets the gateway's answer and not ours. No sum of
time-outs and retries prevents that: a request makes several calls, each of which may be tried three times. So nothing
that may take longer than what is left is started at all: docs/adr/0008-no-call-that-cannot-end-in-time.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# To render the answer, and to write the log.
ANSWER_SECONDS = 1.0

_remaining_ms: ContextVar[Callable[[], int] | None] = ContextVar("remaining_ms", default=None)


@contextmanager
def of(context: Any) -> Iterator[None]:
    """Within the block, keep to the time that Lambda's `context` says is left."""
    token = _remaining_ms.set(context.get_remaining_time_in_millis)
    try:
        yield
    finally:
        _remaining_ms.reset(token)


def allows(seconds: float) -> bool:
    """Whether what may take so long can be started, and an answer still be given. Always so outside an invocation."""
    remaining_ms = _remaining_ms.get()
    return remaining_ms is None or remaining_ms() >= (seconds + ANSWER_SECONDS) * 1000
