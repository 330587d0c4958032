"""The boxes of MP4 (ISO/IEC 14496-12, section 4.2) and QuickTime files, there called atoms."""

from collections.abc import Iterator
from typing import NamedTuple

from asset_api.media.reader import EndOfFile, Reader

SMALLEST = 8


class Box(NamedTuple):
    """One box: its type, where it starts, where its data starts, and where it ends with its parent at the latest."""

    kind: bytes
    start: int
    data: int
    end: int


def boxes(file: Reader, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes from `start` to `end`, their parent's end.

    A box that claims more than its parent holds ends with it, as it does to FFmpeg, and so to browsers: what nests
    cannot be read more often than it is deep. Stops at a size too small for the box's own header. Raises `EndOfFile`
    where a box begins beyond the end of the file, which may come before `end`.
    """
    while start + SMALLEST <= end:
        header = file.up_to(start, min(16, end - start))
        size, data = int.from_bytes(header[:4], "big"), start + 8
        if len(header) < SMALLEST or (size == 1 and len(header) < min(16, end - start)):
            raise EndOfFile(f"the file ends within the box at byte {start}")
        if size == 1 and len(header) == 16:
            size, data = int.from_bytes(header[8:], "big"), start + 16
        box_end = min(start + size, end) if size else end
        if box_end < data:
            return
        yield Box(header[4:8], start, data, box_end)
        start = box_end


def child(file: Reader, parent: Box, kind: bytes) -> Box | None:
    """The first box of a type within another."""
    return next((box for box in boxes(file, parent.data, parent.end) if box.kind == kind), None)


def descendant(file: Reader, ancestor: Box, *kinds: bytes) -> Box | None:
    """Follow the first box of each type in turn."""
    found: Box | None = ancestor
    for kind in kinds:
        found = child(file, found, kind) if found else None
    return found
