"""Two flows in two threads, of which one runs at a time, switched deterministically at their calls."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from urllib3 import HTTPConnectionPool

from asset_api.platform import aws

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Far longer than any flow takes: a schedule that hangs fails.
PATIENCE_SECONDS = 300


class Flow:
    """A flow that pauses before its call number `pause_before`, until it is resumed."""

    def __init__(self, action: Callable[[], object], pause_before: int) -> None:
        self.was_paused = False
        self._action, self._left = action, pause_before
        self._paused_or_ended, self._resumed = threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def begin(self) -> None:
        """Run until it pauses or ends."""
        self._thread.start()
        assert self._paused_or_ended.wait(PATIENCE_SECONDS)

    def finish(self) -> BaseException | None:
        """Wait for the end, and return the exception that caused it, if any."""
        self._resumed.set()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        return self._error

    def calls(self) -> None:
        """Pause if this is the call to pause before."""
        if threading.current_thread() is not self._thread:
            return
        self._left -= 1
        if self._left == 0:
            self.was_paused = True
            self._paused_or_ended.set()
            assert self._resumed.wait(PATIENCE_SECONDS)

    def _run(self) -> None:
        try:
            self._action()
        except BaseException as error:  # noqa: BLE001  `interleave` raises it again
            self._error = error
        finally:
            self._paused_or_ended.set()


@contextmanager
def watching(*flows: Flow) -> Iterator[None]:
    def called(**_: Any) -> None:
        for flow in flows:
            flow.calls()

    request = HTTPConnectionPool.urlopen

    def requested(pool: HTTPConnectionPool, *arguments: Any, **options: Any) -> Any:
        called()
        return request(pool, *arguments, **options)

    clients: tuple[BaseClient, ...] = aws.dynamodb(), aws.s3(), aws.s3_for_large_files(), aws.sqs()
    for client in clients:
        client.meta.events.register("before-call", called)
    try:
        with patch.object(HTTPConnectionPool, "urlopen", requested):
            yield
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", called)


def interleave(first: Callable[[], object], second: Callable[[], object], at: tuple[int, int]) -> tuple[bool, bool]:
    """Run `first` up to its call `at[0]`, `second` up to its call `at[1]`, then both to their ends, in that order.

    Return whether each reached its call.
    """
    flows = Flow(first, at[0]), Flow(second, at[1])
    with watching(*flows):
        for flow in flows:
            flow.begin()
        ends = [flow.finish() for flow in flows]
    for error in filter(None, ends):
        raise error
    return flows[0].was_paused, flows[1].was_paused
