"""A file rewritten as pieces: ranges of the original kept to the byte, and bytes put between them.

Nothing here holds a file: reading goes through windows of 1 MiB, so memory and the number of reads do not
grow with how finely a file is divided.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from re import Pattern
from typing import Protocol

from asset_api.media.file_types import HEAD_BYTES

MIB = 1024 * 1024
# A 50 MiB GIF has some 205,000 sub-blocks, and no real file comes near a thousand edits. What has more than
# these was made to be slow.
_MAX_STEPS = 1_000_000
_MAX_EDITS = 10_000

# What tells that bytes after an image's end are personal: EXIF, XMP, Photoshop's resources, the video of a motion
# photo, Samsung's trailer, the rest of a picture that was cropped in place (CVE-2023-21036). Long enough that 50 MiB of
# anything else do not hold one by chance.
_PERSONAL_MARKS = re.compile(
    rb"Exif\x00\x00|ns\.adobe\.com/|<x:xmpmeta|Photoshop 3\.0|MotionPhoto|Image_UTC_Data|IEND\xae\x42\x60\x82"
    rb"|ftyp(?:isom|iso[2-6]|mp4[12]|avc1|qt  )"
)
_LONGEST_PERSONAL_MARK = 14


class MalformedImage(ValueError):  # noqa: N818 -- names what the file is, as the errors of the API do
    """The bytes cannot be followed to their end as a file of their type. The message says where and why."""


class RangeReader(Protocol):
    """Random access to an immutable file, for example S3 `GetObject` with `Range` and `IfMatch`."""

    def read(self, start: int, length: int, /) -> bytes:
        """The `length` bytes at `start` (both in bytes, `start` from 0); fewer only where the file ends."""
        ...


@dataclass(frozen=True, slots=True)
class Keep:
    """The original's bytes from `start` up to, not including, `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Insert:
    """Bytes the original does not have."""

    data: bytes


Piece = Keep | Insert


@dataclass(frozen=True, slots=True)
class Edit:
    """The original's bytes from `start` up to `end` give way to `replacement`."""

    start: int
    end: int
    replacement: bytes = b""


class ReadAhead:
    """Small reads, mostly forward, of a file of `size` bytes, in windows of at most 1 MiB.

    Raises `MalformedImage` for bytes beyond the end, and after a million steps.
    """

    def __init__(self, source: RangeReader, size: int) -> None:
        self.size = size
        self._source = source
        self._window = b""
        self._window_start = 0
        self._steps = 0

    def read(self, start: int, length: int) -> bytes:
        """Exactly `length` bytes at `start`, at most 1 MiB."""
        window, offset = self._window, start - self._window_start
        if offset < 0 or offset + length > len(window):
            if start + length > self.size:
                raise MalformedImage(f"the file ends within what begins at byte {start}")
            offset = 0
            window = self._fill(start)
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise MalformedImage("the file is divided into too many parts")
        return window[offset : offset + length]

    def some(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, or as many of them, at least one, as one window holds."""
        offset = start - self._window_start
        if not 0 <= offset < len(self._window):
            offset = 0
            self._fill(start)
        if offset == 0 and end - start >= len(self._window):
            return self._window
        return self._window[offset : offset + end - start]

    def find(self, pattern: Pattern[bytes], start: int, end: int, *, longest: int) -> int | None:
        """Where `pattern`, which matches at most `longest` bytes, first does between `start` and `end`."""
        while start < end:
            window_end = self._window_start + len(self._window)
            # A match may straddle two windows: then the next one begins with the end of this one.
            if not self._window_start <= start <= window_end - min(longest, end - start):
                window_end = start + len(self._fill(start))
            first, last = start - self._window_start, min(end, window_end) - self._window_start
            if (match := pattern.search(self._window, first, last)) is not None:
                return self._window_start + match.start()
            if window_end >= end:
                return None
            start = window_end - longest + 1
        return None

    def _fill(self, start: int) -> bytes:
        # The first window is what inspection has read before: enough for small files, and videos made for the web.
        length = min(MIB if start else HEAD_BYTES, self.size - start)
        if length <= 0:
            raise MalformedImage(f"the file has no byte {start}")
        self._window, self._window_start = self._source.read(start, length), start
        if len(self._window) != length:
            raise MalformedImage(f"the file ends before its stated size of {self.size} bytes")
        return self._window


def cut_where_any(file: ReadAhead, pattern: Pattern[bytes], start: int, end: int) -> Iterator[Edit]:
    """Removes the bytes from `start` up to `end` where any of them matches `pattern`, a class of bytes."""
    if file.find(pattern, start, end, longest=1) is not None:
        yield Edit(start, end)


def cut_trailer(file: ReadAhead, image_end: int) -> Iterator[Edit]:
    """Removes what follows an image's end, where it is known to hold personal metadata or another picture."""
    longest = _LONGEST_PERSONAL_MARK
    another_picture = file.size - image_end >= 3 and file.read(image_end, 3) == b"\xff\xd8\xff"
    if another_picture or file.find(_PERSONAL_MARKS, image_end, file.size, longest=longest) is not None:
        yield Edit(image_end, file.size)


def after_edits(edits: Iterable[Edit], size_bytes: int) -> tuple[Piece, ...] | None:
    """The pieces that `edits`, which may not overlap, leave of a file; None where there are none."""
    taken: list[Edit] = []
    for edit in edits:
        taken.append(edit)
        if len(taken) > _MAX_EDITS:
            raise MalformedImage("metadata is scattered over too many places")
    pieces: list[Piece] = []
    kept_to = 0
    for edit in sorted(taken, key=lambda edit: edit.start):
        if edit.start > kept_to:
            pieces.append(Keep(kept_to, edit.start))
        if edit.replacement:
            pieces.append(Insert(edit.replacement))
        kept_to = edit.end
    if kept_to < size_bytes:
        pieces.append(Keep(kept_to, size_bytes))
    return tuple(pieces) if taken else None


def pieces_size(pieces: Iterable[Piece]) -> int:
    """How many bytes `apply` yields for them."""
    return sum(len(piece.data) if isinstance(piece, Insert) else piece.end - piece.start for piece in pieces)


def apply(pieces: Iterable[Piece], source: RangeReader) -> Iterator[bytes]:
    """The rewritten file, in chunks of 1 byte to 1 MiB.

    Raises `MalformedImage` where `source` ends before a piece does: it is not the file the plan was made for.
    """
    pieces = tuple(pieces)
    ahead = ReadAhead(source, max((piece.end for piece in pieces if isinstance(piece, Keep)), default=0))
    for piece in pieces:
        if isinstance(piece, Insert):
            yield from (piece.data[start : start + MIB] for start in range(0, len(piece.data), MIB))
            continue
        start = piece.start
        while start < piece.end:
            chunk = ahead.some(start, piece.end)
            yield chunk
            start += len(chunk)
