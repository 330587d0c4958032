"""Steps that operations ask their driver to perform.

Operations are generators that yield steps, receive their outcomes, and return a result. They contain all the rules and
do no I/O, so that `AssetClient` and `AsyncAssetClient` are two short drivers of the same operations.
"""

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx

from asset_upload_client.local_files import LocalFile

T = TypeVar("T")
OnProgress = Callable[[int, int], object]
"""Called with the bytes sent so far and in total; restarts with each attempt."""


@dataclass(frozen=True)
class Wait:
    """A pause of `seconds` and its reason: the rate limit, or a failure before the next attempt."""

    seconds: float
    reason: str


OnWait = Callable[[Wait], object]
"""Called before each pause."""


class Sink(Protocol):
    """A receiver of a response's body, in chunks."""

    def accepts(self, response: httpx.Response) -> bool:
        """Return True to receive this response's body. Called before the body is read."""

    def write(self, piece: bytes) -> None: ...


@dataclass(frozen=True)
class OutgoingFile:
    """A file to send as the form field `file`."""

    file: LocalFile
    on_progress: OnProgress | None = None


@dataclass(frozen=True)
class OutgoingPart:
    """Some bytes of a file, to send as the body. Each attempt calls `begin`, whose result receives the pieces."""

    file: LocalFile
    start: int
    size: int
    begin: Callable[[], Callable[[bytes], object]]


@dataclass(frozen=True)
class Call:
    """An HTTP request. Yields an `httpx.Response` with its body read, or raises `httpx.TransportError`."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str | int] | None = None
    json: Any = None
    form: Mapping[str, str | list[str]] | None = None
    file: OutgoingFile | None = None
    part: OutgoingPart | None = None
    sink: Sink | None = None


@dataclass(frozen=True)
class Sleep:
    """A pause. One with a `reason` is reported to the client's `on_wait`."""

    seconds: float
    reason: str = ""


@dataclass(frozen=True)
class Work:
    """Blocking work, such as reading a whole file, to be kept out of an event loop. Yields its result."""

    do: Callable[[], Any]


@dataclass(frozen=True)
class Await:
    """An async call. Only drivers of event loops perform it. Yields its result."""

    do: Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Together:
    """Operations to perform `workers` at a time, each started when a worker is free. The first error ends all."""

    operations: "Iterable[Steps[None]]"
    workers: int


Step = Call | Sleep | Work | Await | Together
Steps = Generator[Step, Any, T]
