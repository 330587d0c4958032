"""The one way every parser reads a file: through windows of at most 1 MiB, within a budget of steps.

A file can be made so that a parser visits the same bytes again and again. No parser has to guard against that
itself: each read takes a step from the file's budget, which grows with its size, and a file that exhausts it is
refused. All parsers of one file share one `Reader`, and so one budget and one window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from re import Pattern
from typing import Protocol

from asset_api.media.file_types import HEAD_BYTES

MIB = 1024 * 1024
# Enough for any real file: a 50 MiB GIF has some 205,000 sub-blocks. A step takes about a microsecond of CPU.
_STEPS_OF_ANY_FILE = 16_384
_BYTES_PER_STEP = 192
_MAX_STEPS = 1_000_000
# Each is a request to S3: one per MiB reads a file through, the rest pay for jumps and for a second pass.
_WINDOWS_OF_ANY_FILE = 64
# The deepest that a parser needs is 7: from a movie to the entries of a track's sample description.
_MAX_DEPTH = 16


class MalformedFile(ValueError):  # noqa: N818 -- names what the file is, as the errors of the API do
    """The bytes cannot be followed as a file of their type. The message says where and why."""


class EndOfFile(MalformedFile):
    """What was asked for lies, at least in part, beyond the end of the file."""


class UnreasonableFile(MalformedFile):
    """The file takes more steps, requests or levels to read than any real file of its size does."""


class RangeReader(Protocol):
    """Random access to an immutable file, for example S3 `GetObject` with `Range` and `IfMatch`."""

    def read(self, start: int, length: int, /) -> bytes:
        """The `length` bytes at `start` (both in bytes, `start` from 0); fewer only where the file ends."""
        ...


class InMemory:
    """A `RangeReader` of bytes that are here already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, start: int, length: int, /) -> bytes:
        return self._data[start : start + length]


class Reader:
    """A file of `size` bytes, for small reads, mostly forward.

    Every method raises `EndOfFile` for bytes beyond the end, and `UnreasonableFile` where a budget is exhausted.
    """

    def __init__(self, source: RangeReader, size: int) -> None:
        self.size = size
        self.steps_left = min(_STEPS_OF_ANY_FILE + size // _BYTES_PER_STEP, _MAX_STEPS)
        self._windows_left = _WINDOWS_OF_ANY_FILE + size // MIB
        self._depth = 0
        self.source = source
        self._window = b""
        self._window_start = 0
        # Kept, as every parser begins there: one that comes after another finds the other's last window as it was.
        self._head = b""

    def read(self, start: int, length: int) -> bytes:
        """Exactly `length` bytes at `start`, at most 1 MiB. One step."""
        self.steps_left -= 1
        if self.steps_left < 0:
            raise UnreasonableFile("the file is divided into more parts than a real one of its size")
        offset = start - self._window_start
        if offset < 0 or offset + length > len(self._window):
            if start + length <= len(self._head):
                return self._head[start : start + length]
            if start + length > self.size:
                raise EndOfFile(f"the file ends within what begins at byte {start}")
            self._fill(start, length)
            offset = 0
        return self._window[offset : offset + length]

    def up_to(self, start: int, length: int) -> bytes:
        """The bytes at `start`: `length` of them, at most 1 MiB, or fewer where the file ends. One step."""
        available = min(length, self.size - start)
        return self.read(start, available) if available > 0 else b""

    def some(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, or as many of them, at least one, as one window holds."""
        offset = start - self._window_start
        if not 0 <= offset < len(self._window):
            offset = 0
            self._fill(start, 1)
        if offset == 0 and end - start >= len(self._window):
            return self._window
        return self._window[offset : offset + end - start]

    def find(self, pattern: Pattern[bytes], start: int, end: int, *, longest: int) -> int | None:
        """Find where `pattern`, which matches at most `longest` bytes, first does between `start` and `end`.

        One step, however far it is: searching costs far less than a step for every 192 bytes.
        """
        self.spend(1)
        while start < end:
            window_end = self._window_start + len(self._window)
            # A match may straddle two windows: then the next one begins with the end of this one.
            if not self._window_start <= start <= window_end - min(longest, end - start):
                self._fill(start, min(longest, end - start))
                window_end = start + len(self._window)
            first, last = start - self._window_start, min(end, window_end) - self._window_start
            if (match := pattern.search(self._window, first, last)) is not None:
                return self._window_start + match.start()
            if window_end >= end:
                return None
            start = window_end - longest + 1
        return None

    def spend(self, steps: int) -> None:
        """Take `steps` from the budget, for work in proportion to them that reads nothing through this reader."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise UnreasonableFile("the file is divided into more parts than a real one of its size")

    @contextmanager
    def one_level_deeper(self) -> Iterator[None]:
        """Enter a structure within the current one."""
        if self._depth == _MAX_DEPTH:
            raise UnreasonableFile(f"the file nests structures more than {_MAX_DEPTH} deep")
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _fill(self, start: int, length: int) -> None:
        self._windows_left -= 1
        if self._windows_left < 0:
            raise UnreasonableFile("the file's parts are too scattered to be read")
        # The first window is what inspection reads anyway: enough for small files, and for videos made for the web.
        wanted = HEAD_BYTES - start if start + length <= HEAD_BYTES else MIB
        wanted = min(wanted, self.size - start)
        if wanted <= 0:
            raise EndOfFile(f"the file has no byte {start}")
        self._window, self._window_start = self.source.read(start, wanted), start
        if len(self._window) != wanted:
            raise EndOfFile(f"the file ends before its stated size of {self.size} bytes")
        if start == 0 and wanted <= HEAD_BYTES:
            self._head = self._window
