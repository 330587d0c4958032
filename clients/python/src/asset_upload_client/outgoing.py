"""The bodies of requests, as httpx takes them: files are read in pieces while they are sent."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import IO, Any, cast

from asset_upload_client import errors
from asset_upload_client.steps import Call, OnProgress


class CountingReader:
    """An open file, that tells how much of it was read. Has what httpx needs of a file."""

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


def request_arguments(call: Call, opened: ExitStack, check: Callable[[], None] | None = None) -> Mapping[str, Any]:
    """Of `build_request`. Files are closed with `opened`; `check` is called before each piece is sent.

    Raises `FileNotReadable` where the file has gone, or has changed its size, since it was inspected.
    """
    arguments = {"headers": call.headers, "params": call.params or None, "json": call.json, "data": call.form}
    if call.file is None:
        return arguments
    local, on_progress = call.file.file, call.file.on_progress
    try:
        file = opened.enter_context(local.path.open("rb"))
        size_bytes = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise errors.FileNotReadable(f"{local.path} cannot be read any more: {error.strerror}") from error
    if size_bytes != local.size_bytes:
        raise errors.FileNotReadable(f"{local.path} changed while it was uploaded")

    def on_read(sent: int, total: int) -> None:
        if check:
            check()
        if on_progress:
            on_progress(sent, total)

    reader = cast(IO[bytes], CountingReader(file, size_bytes, on_read))
    return {**arguments, "files": {"file": (local.name, reader, local.mime)}}
