"""Sources of uploads: paths, bytes, binary files and iterators of bytes, as content that can be read repeatedly."""

import io
import os
import stat
import tempfile
import threading
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import IO, Any, cast

import anyio.to_thread

from asset_upload_client import errors

Source = str | PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Iterable[bytes]
"""A path, bytes, a binary file (read from its position on), or an iterable of bytes."""
AsyncSource = Source | AsyncIterable[bytes]

MAX_SPOOLED_BYTES = 5 * 1024**3
"""The largest upload limit of any deployment; longer iterators are not stored."""
_IN_MEMORY_BYTES = 4 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
_NO_OP: Callable[[], None] = lambda: None  # noqa: E731


@dataclass(frozen=True)
class Content:
    """Bytes with any number of independent readers. `label` is for messages, `name` for the service."""

    open: Callable[[], IO[bytes]] = field(repr=False)
    label: str
    name: str | None = None
    path: Path | None = None
    close: Callable[[], None] = field(default=_NO_OP, repr=False)


def content_of(source: Source | Content, size: int | None = None) -> Content:
    """Return the content of a source, which must have `size` bytes if that is given.

    Files that cannot seek, and iterators, are stored in a temporary file first, so that a retry can read them again.
    Raises `InvalidArgument` for anything that is not a source, or has another size.
    """
    content = source if isinstance(source, Content) else _content(source, size)
    if size is not None and (actual := size_of(content)) != size:
        content.close()
        raise errors.InvalidArgument(f"{content.label} has {actual:,} bytes, not the {size:,} that `size` declares")
    return content


async def spooled(source: AsyncSource, size: int | None = None) -> Source | Content:
    """Store an async iterator in a temporary file; return any other source unchanged."""
    if not isinstance(source, AsyncIterable) or (hasattr(source, "read") and hasattr(source, "seekable")):
        return cast(Source, source)
    spool = _Spool(size)
    try:
        async for piece in source:
            await anyio.to_thread.run_sync(spool.write, piece)
    except BaseException:
        spool.close()
        raise
    return spool.content()


def size_of(content: Content) -> int:
    """Return the number of bytes. Raises `FileNotReadable`, also for pipes and devices, which may never end."""
    try:
        if content.path is not None and _is_endless(content.path):
            raise errors.FileNotReadable(f"{content.label} is a pipe or a device: pass it as an open file")
        with content.open() as file:
            return file.seek(0, os.SEEK_END)
    except OSError as error:
        raise not_readable(content, error) from error


def _is_endless(path: Path) -> bool:
    mode = path.stat().st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


def not_readable(content: Content, error: OSError) -> errors.FileNotReadable:
    return errors.FileNotReadable(f"{content.label} cannot be read: {error.strerror}")


def _content(source: Source, size: int | None) -> Content:
    if isinstance(source, str) and "://" in source:
        raise errors.InvalidArgument(f"{source!r} is a URL: `import_url` imports it, `upload` takes files")
    if isinstance(source, str | PathLike):
        path = Path(source)
        return Content(lambda: path.open("rb"), str(path), path.name, path)
    if isinstance(source, bytes | bytearray | memoryview):
        return _of_bytes(bytes(source))
    if callable(getattr(source, "read", None)):
        return _of_file(cast(IO[bytes], source), size)
    if isinstance(source, Iterable) and not isinstance(source, dict):
        return _of_pieces(source, size)
    if isinstance(source, AsyncIterable):
        raise errors.InvalidArgument("An async iterator is uploaded by AsyncAssetClient, not by AssetClient")
    raise errors.InvalidArgument(
        f"A file to upload is a path, bytes, a binary file or an iterator of bytes, not {type(source).__name__}"
    )


def _of_bytes(data: bytes) -> Content:
    return Content(lambda: io.BytesIO(data), "The data")


def _of_file(file: IO[bytes], size: int | None) -> Content:
    given: object = file
    if isinstance(given, io.TextIOBase):
        raise errors.InvalidArgument('The file is open in text mode: open it in binary mode, open(path, "rb")')
    name = getattr(file, "name", None)
    # Standard input is named `<stdin>`.
    named = Path(name).name if isinstance(name, str) and not name.startswith("<") else None
    if not getattr(file, "seekable", bool)():
        return _of_pieces(iter(lambda: file.read(_PIECE_BYTES), b""), size, named)
    start, lock = file.tell(), threading.Lock()
    return Content(lambda: cast(IO[bytes], _SharedReader(file, lock, start)), named or "The file", named)


def _of_pieces(pieces: Iterable[bytes], size: int | None, name: str | None = None) -> Content:
    spool = _Spool(size)
    try:
        for piece in pieces:
            spool.write(piece)
    except BaseException:
        spool.close()
        raise
    return spool.content(name)


class _Spool:
    """A temporary file, in memory while it is small."""

    def __init__(self, size: int | None) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed with its content
        self._size = size
        self.close = self._file.close

    def write(self, piece: Any) -> None:
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise errors.InvalidArgument(f"An iterator to upload yields bytes, not {type(piece).__name__}")
        self._file.write(piece)
        written = self._file.tell()
        if self._size is not None and written > self._size:
            raise errors.InvalidArgument(f"The iterator has more than the {self._size:,} bytes that `size` declares")
        if written > MAX_SPOOLED_BYTES:
            raise errors.FileTooLarge(f"The iterator has more than {MAX_SPOOLED_BYTES:,} bytes (5 GB)")

    def content(self, name: str | None = None) -> Content:
        file, lock = cast(IO[bytes], self._file), threading.Lock()
        reader = lambda: cast(IO[bytes], _SharedReader(file, lock, 0))  # noqa: E731
        return Content(reader, name or "The data", name, close=self._file.close)


class _SharedReader:
    """A reader with its own position in a shared file. Closing it leaves the file open."""

    def __init__(self, file: IO[bytes], lock: threading.Lock, start: int) -> None:
        self._file, self._lock, self._start = file, lock, start
        self._position = 0

    def __enter__(self) -> "_SharedReader":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_PIECE_BYTES), b"")

    def read(self, size: int = -1) -> bytes:
        with self._lock:
            self._file.seek(self._start + self._position)
            piece = self._file.read(size)
        if not isinstance(piece, bytes):
            raise errors.InvalidArgument("The file is open in text mode: open it in binary mode")
        self._position += len(piece)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            with self._lock:
                self._position = self._file.seek(offset, os.SEEK_END) - self._start
        else:
            self._position = offset + (self._position if whence == os.SEEK_CUR else 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        """Leave the file open for its owner."""
