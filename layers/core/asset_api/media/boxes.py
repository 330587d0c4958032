"""The boxes of MP4 files (ISO/IEC 14496-12, section 4.2), called atoms in QuickTime."""

from collections.abc import Iterator
from typing import NamedTuple

from asset_api.media.reader import EndOfFile, Reader

SMALLEST = 8


class Box(NamedTuple):
    """One box: its type, the offsets of its header and its data, and its end, which is never past its parent's."""

    kind: bytes
    start: int
    data: int
    end: int


def boxes(file: Reader, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes from `start` to `end`, their parent's end.

    A box that claims more than its parent holds is cut off at its parent's end, as FFmpeg and browsers do; so a byte
    is read at most once for each box around it. Stops at a size too small for the box's own header. Raises
    `EndOfFile` if a box begins beyond the end of the file, which may come before `end`.
    """
    while start + SMALLEST <= end:
        header = file.read_up_to(start, min(16, end - start))
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
    """Return the first box of type `kind` directly in `parent`."""
    return next((box for box in boxes(file, parent.data, parent.end) if box.kind == kind), None)


def descendant(file: Reader, ancestor: Box, *kinds: bytes) -> Box | None:
    """Descend through the first box of each type in turn."""
    found: Box | None = ancestor
    for kind in kinds:
        found = child(file, found, kind) if found else None
    return found
