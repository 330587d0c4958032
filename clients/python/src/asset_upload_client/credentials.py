"""The token that requests carry: a fixed one, or the latest of a provider."""

import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import cast

import anyio

from asset_upload_client.errors import InvalidArgument
from asset_upload_client.steps import Await, Steps, Work

TokenProvider = Callable[[], str]
"""Returns a token. Called for the first request, and again after each 401."""
AsyncTokenProvider = Callable[[], str] | Callable[[], Awaitable[str]]
AnyToken = str | TokenProvider | AsyncTokenProvider | None


class Credentials:
    """A token, or a provider that only one caller at a time asks for a new token."""

    def __init__(self, given: AnyToken, *, in_event_loop: bool = False) -> None:
        self.given = given
        self._is_async = callable(given) and (
            inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__)
        )
        if self._is_async and not in_event_loop:
            raise InvalidArgument("AssetClient needs a token provider that is no coroutine function")
        self._token = None if given is None or callable(given) else _checked(given)
        self._lock = threading.Lock()
        self._async_lock: anyio.Lock | None = None

    @property
    def exist(self) -> bool:
        return self.given is not None

    def current(self) -> Steps[str | None]:
        """Return the token; a provider is called for the first one."""
        if callable(self.given) and self._token is None:
            yield from self._ask(None)
        return self._token

    def renew(self, rejected: str | None) -> Steps[bool]:
        """Ask the provider for another token than the `rejected` one; return False if there is none."""
        if not callable(self.given):
            return False
        yield from self._ask(rejected)
        return self._token != rejected

    def _ask(self, rejected: str | None) -> Steps[None]:
        if self._is_async:
            yield Await(lambda: self._ask_async(rejected))
        else:
            yield Work(lambda: self._ask_blocking(rejected))

    def _ask_blocking(self, rejected: str | None) -> None:
        with self._lock:
            # Another request may have renewed it meanwhile.
            if self._token == rejected:
                self._token = _checked(cast(TokenProvider, self.given)())

    async def _ask_async(self, rejected: str | None) -> None:
        self._async_lock = self._async_lock or anyio.Lock()
        async with self._async_lock:
            if self._token == rejected:
                self._token = _checked(await cast(Callable[[], Awaitable[str]], self.given)())


def _checked(token: object) -> str:
    """Return the token without surrounding whitespace. Errors never show it."""
    if not isinstance(token, str):
        if inspect.iscoroutine(token):
            token.close()
        raise InvalidArgument(f"A token is a string, not {type(token).__name__}")
    stripped = token.strip()
    if not stripped or not stripped.isascii() or not stripped.isprintable() or " " in stripped:
        raise InvalidArgument("The token is empty, or has characters that no token can have")
    return stripped
