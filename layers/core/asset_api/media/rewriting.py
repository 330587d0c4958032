"""A file rewritten as pieces: ranges of the original kept to the byte, and bytes put between them.

Nothing here holds a file: reading goes through a `Reader`, so memory and the number of requests do not grow with
how finely a file is divided.
"""

import re
from collections.abc import Iterable, Iterator
from re import Pattern
from typing import NamedTuple

from asset_api.media.reader import MIB, RangeReader
from asset_api.media.reader import MalformedFile as MalformedImage
from asset_api.media.reader import Reader as ReadAhead

__all__ = ["MIB", "Edit", "Insert", "Keep", "MalformedImage", "Piece", "RangeReader", "ReadAhead", "Zeros"]

# What tells that bytes after an image's end are personal: EXIF, XMP, Photoshop's resources, the video of a motion
# photo, Samsung's trailer, the rest of a picture that was cropped in place (CVE-2023-21036). Long enough that 50 MiB of
# anything else do not hold one by chance.
_PERSONAL_MARKS = re.compile(
    rb"Exif\x00\x00|ns\.adobe\.com/|<x:xmpmeta|Photoshop 3\.0|MotionPhoto|Image_UTC_Data|IEND\xae\x42\x60\x82"
    rb"|ftyp(?:isom|iso[2-6]|mp4[12]|avc1|qt  )"
)
_LONGEST_PERSONAL_MARK = 14


class Keep(NamedTuple):
    """The original's bytes from `start` up to, not including, `end`."""

    start: int
    end: int


class Insert(NamedTuple):
    """Bytes the original does not have."""

    data: bytes


class Zeros(NamedTuple):
    """`length` zero bytes."""

    length: int


Piece = Keep | Insert | Zeros


class Edit(NamedTuple):
    """Replace the original's bytes from `start` up to `end` by `replacement`, or by as many zeros (None).

    `is_manifest`: they hold a C2PA manifest, or a part of one. Such an edit is carried out only if there are others.
    """

    start: int
    end: int
    replacement: bytes | None = b""
    is_manifest: bool = False


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


def after_edits(edits: Iterable[Edit], size_bytes: int) -> tuple[Piece, ...]:
    """The pieces that `edits`, which may not overlap, leave of a file."""
    pieces: list[Piece] = []
    kept_to = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start > kept_to:
            pieces.append(Keep(kept_to, edit.start))
        if edit.replacement is None:
            pieces.append(Zeros(edit.end - edit.start))
        elif edit.replacement:
            pieces.append(Insert(edit.replacement))
        kept_to = edit.end
    if kept_to < size_bytes:
        pieces.append(Keep(kept_to, size_bytes))
    return tuple(pieces)


def pieces_size(pieces: Iterable[Piece]) -> int:
    """How many bytes `apply` yields for them."""
    return sum(map(_piece_size, pieces))


def _piece_size(piece: Piece) -> int:
    match piece:
        case Keep(start, end):
            return end - start
        case Insert(data):
            return len(data)
        case Zeros(length):
            return length


def apply(pieces: Iterable[Piece], source: RangeReader) -> Iterator[bytes]:
    """Yield the rewritten file in chunks of 1 byte to 1 MiB.

    Raises `MalformedImage` where `source` ends before a piece does: it is not the file the plan was made for.
    """
    pieces = tuple(pieces)
    ahead = ReadAhead(source, max((piece.end for piece in pieces if isinstance(piece, Keep)), default=0))
    for piece in pieces:
        match piece:
            case Keep(start, end):
                while start < end:
                    chunk = ahead.some(start, end)
                    yield chunk
                    start += len(chunk)
            case Insert(data):
                yield from (data[start : start + MIB] for start in range(0, len(data), MIB))
            case Zeros(length):
                zeros = bytes(min(length, MIB))
                yield from (zeros[: length - start] for start in range(0, length, MIB))
