"""Bounded reading for all parsers: through windows of at most 1 MiB, within a budget of steps.

A file can be crafted so that a parser visits the same bytes again and again. Parsers need not guard against that
themselves: each read takes a step from the file's budget, which grows with the file's size, and a file that exhausts
it is refused. All parsers of a file share one `Reader`, and so one budget and one window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from re import Pattern
from typing import Protocol

from asset_api.media.file_types import HEAD_BYTES

MIB = 1024 * 1024
# Enough for any real file: a 50 MiB GIF has about 205,000 sub-blocks. A step takes about a microsecond of CPU.
_STEPS_OF_ANY_FILE = 16_384
_BYTES_PER_STEP = 192
_MAX_STEPS = 1_000_000
# Each is a request to S3. One per MiB reads the whole file; the rest allow for jumps and a second pass.
_WINDOWS_OF_ANY_FILE = 64
# Parsers need 7 levels at most: from a movie to the entries of a track's sample description.
_MAX_DEPTH = 16


class MalformedFile(ValueError):  # noqa: N818 -- describes the file, as the API's errors do
    """A file that cannot be parsed as its type. The message says where and why."""


class EndOfFile(MalformedFile):
    """A read beyond the end of the file."""


class UnreasonableFile(MalformedFile):
    """A file that takes more steps, requests or levels to read than any real file of its size."""


class RangeReader(Protocol):
    """Random access to an immutable file, such as S3's `GetObject` with `Range` and `IfMatch`."""

    def read(self, start: int, length: int, /) -> bytes:
        """Read `length` bytes at offset `start`; fewer only at the end of the file."""
        ...


class InMemory:
    """A `RangeReader` of bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, start: int, length: int, /) -> bytes:
        return self._data[start : start + length]


class Reader:
    """A file of `size` bytes, for small reads, mostly forward.

    Every method raises `EndOfFile` for bytes beyond the end, and `UnreasonableFile` when a budget is exhausted.
    """

    def __init__(self, source: RangeReader, size: int) -> None:
        self.size = size
        self.steps_left = min(_STEPS_OF_ANY_FILE + size // _BYTES_PER_STEP, _MAX_STEPS)
        self._windows_left = _WINDOWS_OF_ANY_FILE + size // MIB
        self._depth = 0
        self.source = source
        self._window = b""
        self._window_start = 0
        # Kept separately, because every parser begins there, without losing the current window.
        self._head = b""

    def with_own_budget(self) -> "Reader":
        """Return a reader of the same file with its own budget, for a parser whose failure must not affect others."""
        other = Reader(self.source, self.size)
        other._window, other._window_start, other._head = self._window, self._window_start, self._head
        return other

    def read(self, start: int, length: int) -> bytes:
        """Read exactly `length` bytes at `start`, at most 1 MiB. One step."""
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

    def read_up_to(self, start: int, length: int) -> bytes:
        """Read up to `length` bytes at `start`, at most 1 MiB; fewer only at the end of the file. One step."""
        available = min(length, self.size - start)
        return self.read(start, available) if available > 0 else b""

    def read_available(self, start: int, end: int) -> bytes:
        """Read from `start` up to `end`, or as much as one window holds, but at least one byte. Takes no step."""
        offset = start - self._window_start
        if not 0 <= offset < len(self._window):
            offset = 0
            self._fill(start, 1)
        if offset == 0 and end - start >= len(self._window):
            return self._window
        return self._window[offset : offset + end - start]

    def find(self, pattern: Pattern[bytes], start: int, end: int, *, longest: int) -> int | None:
        """Find the first match of `pattern`, which is at most `longest` bytes long, between `start` and `end`.

        One step at any distance: searching costs far less than a step for every 192 bytes.
        """
        self.spend(1)
        while start < end:
            window_end = self._window_start + len(self._window)
            # A match may straddle two windows, so the next window begins with the end of this one.
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
        """Take `steps` from the budget, for work that does not read through this reader."""
        self.steps_left -= steps
        if self.steps_left < 0:
            raise UnreasonableFile("the file is divided into more parts than a real one of its size")

    @contextmanager
    def one_level_deeper(self) -> Iterator[None]:
        """Enter a nested structure."""
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
        # Inspection reads the head anyway; it is enough for small files, and for videos made for the web.
        wanted = HEAD_BYTES - start if start + length <= HEAD_BYTES else MIB
        wanted = min(wanted, self.size - start)
        if wanted <= 0:
            raise EndOfFile(f"the file has no byte {start}")
        self._window, self._window_start = self.source.read(start, wanted), start
        if len(self._window) != wanted:
            raise EndOfFile(f"the file ends before its stated size of {self.size} bytes")
        if start == 0 and wanted <= HEAD_BYTES:
            self._head = self._window
