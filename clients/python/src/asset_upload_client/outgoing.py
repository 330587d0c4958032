"""Request bodies for httpx, read in chunks while they are sent."""

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import IO, Any, cast

import httpx

from asset_upload_client import errors
from asset_upload_client.local_files import LocalFile
from asset_upload_client.steps import Call, OnProgress, OutgoingPart

_CHUNK_BYTES = 256 * 1024


class CountingReader:
    """An open file that reports how much of it was read, with the methods that httpx needs."""

    def __init__(self, file: IO[bytes], total: int, on_read: OnProgress) -> None:
        self._file = file
        self._total = total
        self._on_read = on_read

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._on_read(self._file.tell(), self._total)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class PartBody:
    """The bytes of a part, for the blocking client."""

    def __init__(self, file: IO[bytes], part: OutgoingPart, check: Callable[[], None]) -> None:
        self._file, self._part, self._check = file, part, check

    def __iter__(self) -> Iterator[bytes]:
        left = self._part.size
        on_piece = self._part.begin()
        while left:
            self._check()
            piece = self._file.read(min(left, _CHUNK_BYTES))
            if not piece:
                raise self._part.file.changed()
            left -= len(piece)
            on_piece(piece)
            yield piece


class AsyncPartBody:
    """The bytes of a part, for event loops."""

    def __init__(self, body: PartBody) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._body:
            yield piece


def build(
    http: httpx.Client | httpx.AsyncClient, call: Call, opened: ExitStack, check: Callable[[], None] = lambda: None
) -> httpx.Request:
    """Build a request of the client. `opened` closes the files; `check` runs before each chunk is sent.

    Raises `FileNotReadable` if the file has disappeared or changed since it was inspected, `InvalidArgument` for text
    that cannot be sent, and `httpx.UnsupportedProtocol` for an invalid URL.
    """
    arguments = _arguments(call, opened, check, in_event_loop=isinstance(http, httpx.AsyncClient))
    try:
        request = http.build_request(call.method, call.url, **arguments)
    except UnicodeEncodeError as error:
        # Python's stand-ins for bytes of an argument or a file name that are not valid in their encoding.
        raise errors.InvalidArgument(f"A text to send is not valid Unicode: {error.object!a}") from error
    except httpx.InvalidURL as error:
        raise httpx.UnsupportedProtocol(f"Invalid URL: {error}") from error
    try:
        # As the resolver does: empty and overlong labels.
        request.url.raw_host.decode("ascii").encode("idna")
    except UnicodeError as error:
        raise httpx.UnsupportedProtocol(f"Invalid host: {error}") from error
    return request


def _arguments(call: Call, opened: ExitStack, check: Callable[[], None], *, in_event_loop: bool) -> Mapping[str, Any]:
    arguments = {"headers": call.headers, "params": call.params or None, "json": call.json, "data": call.form}
    if call.part is not None:
        part = call.part
        file = _opened(part.file, opened)
        file.seek(part.start)
        body = PartBody(file, part, check)
        headers = {**call.headers, "Content-Length": str(part.size)}
        return {"headers": headers, "content": AsyncPartBody(body) if in_event_loop else body}
    if call.file is None:
        return arguments
    local, on_progress = call.file.file, call.file.on_progress

    def on_read(sent: int, total: int) -> None:
        check()
        if on_progress:
            on_progress(sent, total)

    reader = cast(IO[bytes], CountingReader(_opened(local, opened), local.size_bytes, on_read))
    return {**arguments, "files": {"file": (local.name, reader, local.mime)}}


def _opened(local: LocalFile, opened: ExitStack) -> IO[bytes]:
    try:
        file = opened.enter_context(local.content.open())
        local.require_same(file)
    except OSError as error:
        raise errors.FileNotReadable(f"{local.content.label} can no longer be read: {error.strerror}") from error
    return file
