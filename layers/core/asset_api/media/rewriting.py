"""Rewriting a file as pieces: unchanged ranges of the original, and new bytes between them.

Nothing here holds a whole file. Reading goes through a `Reader`, so neither memory nor the number of requests grows
with the number of pieces.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asset_api.media.content_credentials import Manifest
from asset_api.media.reader import MIB, RangeReader, Reader

_NOT_PADDING = re.compile(rb"[^\x00\xff\r\n ]")


class OriginalBytes(NamedTuple):
    """The original's bytes from `start` up to but not including `end`."""

    start: int
    end: int


class NewBytes(NamedTuple):
    """New bytes."""

    data: bytes


class ZeroBytes(NamedTuple):
    """`length` zero bytes."""

    length: int


Piece = OriginalBytes | NewBytes | ZeroBytes


class Edit(NamedTuple):
    """Replaces the original's bytes from `start` up to `end` with `replacement`, or with zeros if that is None.

    An edit with a `manifest` removes that manifest, or a part of it, and is not applied if the manifest may stay.
    """

    start: int
    end: int
    replacement: bytes | None = b""
    manifest: Manifest | None = None


def cut_trailer(file: Reader, image_end: int, not_padding: re.Pattern[bytes] = _NOT_PADDING) -> Iterator[Edit]:
    """Remove everything after an image's end unless it is all padding.

    Phones append a second picture with its own GPS, a video or a trailer of their own, and a careless crop leaves the
    cropped part there (CVE-2023-21036).
    """
    if file.find(not_padding, image_end, file.size, longest=1) is not None:
        yield Edit(image_end, file.size)


def pieces_after_edits(edits: Iterable[Edit], size_bytes: int) -> tuple[Piece, ...]:
    """Apply `edits`, which must not overlap, to a file of `size_bytes`."""
    pieces: list[Piece] = []
    kept_to = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        if edit.start > kept_to:
            pieces.append(OriginalBytes(kept_to, edit.start))
        if edit.replacement is None:
            pieces.append(ZeroBytes(edit.end - edit.start))
        elif edit.replacement:
            pieces.append(NewBytes(edit.replacement))
        kept_to = edit.end
    if kept_to < size_bytes:
        pieces.append(OriginalBytes(kept_to, size_bytes))
    return tuple(pieces)


def pieces_size(pieces: Iterable[Piece]) -> int:
    """Count the bytes that `apply` yields for `pieces`."""
    return sum(map(piece_size, pieces))


def piece_size(piece: Piece) -> int:
    """Count the bytes that `apply` yields for one piece."""
    match piece:
        case OriginalBytes(start, end):
            return end - start
        case NewBytes(data):
            return len(data)
        case ZeroBytes(length):
            return length


def apply(pieces: Iterable[Piece], source: RangeReader) -> Iterator[bytes]:
    """Yield the rewritten file in chunks of 1 byte to 1 MiB.

    Raises `MalformedFile` if `source` ends before a piece does: then the pieces belong to another file.
    """
    pieces = tuple(pieces)
    file = Reader(source, max((piece.end for piece in pieces if isinstance(piece, OriginalBytes)), default=0))
    zeros = bytes(min(max((piece.length for piece in pieces if isinstance(piece, ZeroBytes)), default=0), MIB))
    for piece in pieces:
        match piece:
            case OriginalBytes(start, end):
                while start < end:
                    chunk = file.read_available(start, end)
                    yield chunk
                    start += len(chunk)
            case NewBytes(data):
                yield from (data[start : start + MIB] for start in range(0, len(data), MIB))
            case ZeroBytes(length):
                yield from (zeros[: length - start] for start in range(0, length, MIB))
