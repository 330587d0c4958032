"""What an operation asks its driver to do.

Operations are generators: they yield steps, get what came of them, and return their result. They hold all the rules
and do no I/O of their own, so that `AssetClient` and `AsyncAssetClient` are two short drivers of the same operations.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import httpx

from asset_upload_client.local_files import LocalFile

T = TypeVar("T")
OnProgress = Callable[[int, int], object]
"""Called with bytes so far and bytes in all; begins anew with every try."""


class Sink(Protocol):
    """Takes the body of an answer in pieces."""

    def accepts(self, response: httpx.Response) -> bool:
        """Whether the body of this answer is for it; called before the body is read."""

    def write(self, piece: bytes) -> None: ...


@dataclass(frozen=True)
class OutgoingFile:
    """A file to be sent as the part `file` of a form."""

    file: LocalFile
    on_progress: OnProgress | None = None


@dataclass(frozen=True)
class Call:
    """One HTTP request; gives an `httpx.Response` with its body read, or raises `httpx.TransportError`."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str | int] | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    file: OutgoingFile | None = None
    sink: Sink | None = None


@dataclass(frozen=True)
class Sleep:
    """A pause; gives None."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """Something that reads a whole file: not to be done in an event loop. Gives its result."""

    do: Callable[[], Any]


Step = Call | Sleep | Work
Steps = Generator[Step, Any, T]
