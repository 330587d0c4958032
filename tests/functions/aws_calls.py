"""Calls of AWS and of the provider, one by one: counted, refused, or stopped before or after their effect."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal
from unittest.mock import patch

import pytest
from urllib3 import HTTPConnectionPool
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

Moment = Literal["before", "after"]
MOMENTS: tuple[Moment, ...] = ("before", "after")


def moments(calls: int, first: int = 1) -> list[tuple[int, Moment]]:
    """Return every moment of a flow of `calls` calls, from number `first` on: before each call, and after the last.

    After one call and before the next are the same moment, because nothing visible to others changes in between.
    """
    return [*((number, "before") for number in range(first, calls + 1)), (calls, "after")]


class Stopped(BaseException):
    """The end of the process, as if Lambda had killed it: no `except Exception` catches this."""


@contextmanager
def around_calls(
    clients: Sequence["BaseClient"], before: Callable[..., None], after: Callable[..., None]
) -> Iterator[None]:
    """Let botocore call `before` and `after` around each call of these clients."""
    for client in clients:
        client.meta.events.register("before-call", before)
        client.meta.events.register("after-call", after)
    yield
    for client in clients:
        client.meta.events.unregister("before-call", before)
        client.meta.events.unregister("after-call", after)


class AwsCalls:
    """`made` are the operations called, in order. What an action itself calls is neither counted nor acted upon."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self._actions: dict[tuple[int, Moment], Callable[[], object]] = {}
        self._refusals: dict[str, list[tuple[str, int]]] = {}
        self._is_acting = False
        # The number of each thread's current call: threads may make calls at the same time.
        self._current = threading.local()

    @contextmanager
    def watching(self, *clients: "BaseClient") -> Iterator[None]:
        """Watch these clients, including calls of other threads."""
        with around_calls(clients, self._before, self._after):
            yield

    @contextmanager
    def watching_http(self) -> Iterator[None]:
        """Watch requests over HTTP too, which are those to the provider."""
        request = HTTPConnectionPool.urlopen

        def watched(pool: HTTPConnectionPool, method: str, *arguments: Any, **options: Any) -> Any:
            self._note(f"HTTP {method}")
            try:
                response = request(pool, method, *arguments, **options)
            except HTTPError:  # it may have had its effect although the response is lost
                self._after()
                raise
            try:
                self._after()
            except BaseException:
                response.close()
                raise
            return response

        with patch.object(HTTPConnectionPool, "urlopen", watched):
            yield

    def at(self, number: int, moment: Moment, action: Callable[[], object]) -> None:
        """Run `action` before or after the effect of the call with this number, from 1."""
        self._actions[number, moment] = action

    def stop(self, number: int, moment: Moment) -> None:
        """End the process at that moment: this thread makes no further call, not even to clean up."""

        def end() -> None:
            self._current.is_dead = True
            raise Stopped

        self.at(number, moment, end)

    @contextmanager
    def stopped_at(self, number: int, moment: Moment) -> Iterator[None]:
        """Stop the block at this moment of its calls, which it must reach; afterwards, calls work again."""
        self.resume()
        self.stop(number, moment)
        with pytest.raises(Stopped):
            yield
        self.resume()

    def refuse(self, operation: str, code: str, status: int, times: int = 1) -> None:
        """Let the next calls of `operation` fail with an error."""
        self._refusals[operation] = [(code, status)] * times

    def resume(self) -> None:
        """Remove all actions, and restart the count."""
        self._actions.clear()
        self.made.clear()
        self._current = threading.local()

    def _note(self, name: str) -> None:
        if getattr(self._current, "is_dead", False):
            raise Stopped
        if not self._is_acting:
            self.made.append(name)
            self._current.number = len(self.made)
            self._act("before")

    def _before(self, model: "OperationModel", **_: Any) -> Any:
        self._note(model.name)
        if self._is_acting:
            return None
        if refusals := self._refusals.get(model.name):
            code, status = refusals.pop()
            error = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
            return SimpleNamespace(status_code=status, headers={}), error
        return None

    def _after(self, **_: Any) -> None:
        if not self._is_acting:
            self._act("after")

    def _act(self, moment: Moment) -> None:
        action = self._actions.get((self._current.number, moment))
        if action is None:
            return
        self._is_acting = True
        try:
            action()
        finally:
            self._is_acting = False
