"""Request bodies for httpx: files are read in chunks while they are sent."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import IO, Any, cast

from asset_upload_client import errors
from asset_upload_client.steps import Call, OnProgress


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


def request_arguments(call: Call, opened: ExitStack, check: Callable[[], None] | None = None) -> Mapping[str, Any]:
    """Return the arguments of `build_request`. `opened` closes the files; `check` runs before each chunk is sent.

    Raises `FileNotReadable` where the file is gone, or its size changed, since it was inspected.
    """
    arguments = {"headers": call.headers, "params": call.params or None, "json": call.json, "data": call.form}
    if call.file is None:
        return arguments
    local, on_progress = call.file.file, call.file.on_progress
    try:
        file = opened.enter_context(local.path.open("rb"))
        size_bytes = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise errors.FileNotReadable(f"{local.path} can no longer be read: {error.strerror}") from error
    if size_bytes != local.size_bytes:
        raise errors.FileNotReadable(f"{local.path} changed while it was uploaded")

    def on_read(sent: int, total: int) -> None:
        if check:
            check()
        if on_progress:
            on_progress(sent, total)

    reader = cast(IO[bytes], CountingReader(file, size_bytes, on_read))
    return {**arguments, "files": {"file": (local.name, reader, local.mime)}}
