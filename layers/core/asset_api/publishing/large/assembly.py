"""Division of a large published file into the parts of a multipart upload: copied ranges, and rewritten ones.

Every part but the last must have at least 5 MiB, whether uploaded or copied. So unchanged bytes between two changes are
copied if there are enough of them, and otherwise written together with the changes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asset_api.media.rewriting import NewBytes, OriginalBytes, Piece, ZeroBytes, piece_size

MIB = 1024 * 1024
MIN_PART_BYTES = 5 * MIB
COPIED_BYTES = 128 * MIB
WRITTEN_BYTES = 8 * MIB


class CopiedPart(NamedTuple):
    """A part that S3 copies: the original's bytes from `start` up to but not including `end`."""

    start: int
    end: int


class RewrittenPart(NamedTuple):
    """A part that is rewritten: at most about 13 MiB."""

    pieces: tuple[Piece, ...]


Part = CopiedPart | RewrittenPart


def divide(pieces: Iterable[Piece]) -> Iterator[Part]:
    """Divide the bytes of `pieces` into parts, in order. Only the last may be smaller than 5 MiB."""
    pending = _Pending()
    for piece in pieces:
        missing = max(0, MIN_PART_BYTES - pending.size) if pending.pieces else 0
        if isinstance(piece, OriginalBytes) and piece_size(piece) >= missing + MIN_PART_BYTES:
            if pending.pieces:
                yield from pending.add(OriginalBytes(piece.start, piece.start + missing))
                yield from pending.flush()
            yield from ranges(piece.start + missing, piece.end)
        else:
            yield from pending.add(piece)
    yield from pending.flush()


def ranges(start: int, end: int) -> Iterator[CopiedPart]:
    """Divide an object's bytes from `start` up to `end` evenly, so that no part is small."""
    count = -(-(end - start) // COPIED_BYTES)
    for number in range(count):
        yield CopiedPart(
            start + (end - start) * number // count,
            start + (end - start) * (number + 1) // count,
        )


class _Pending:
    """Pieces that are not in a part yet."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.size = 0

    def add(self, piece: Piece) -> Iterator[RewrittenPart]:
        """Add a piece, and yield the parts that have become large enough."""
        rest: Piece | None = piece
        while rest is not None:
            first, rest = _split(rest, WRITTEN_BYTES - self.size)
            self.pieces.append(first)
            self.size += piece_size(first)
            if self.size == WRITTEN_BYTES:
                yield from self.flush()

    def flush(self) -> Iterator[RewrittenPart]:
        """Yield the rest as one part, if there is any."""
        if self.size:
            yield RewrittenPart(tuple(self.pieces))
        self.pieces, self.size = [], 0


def _split(piece: Piece, at: int) -> tuple[Piece, Piece | None]:
    if piece_size(piece) <= at:
        return piece, None
    match piece:
        case OriginalBytes(start, end):
            return OriginalBytes(start, start + at), OriginalBytes(start + at, end)
        case NewBytes(data):
            return NewBytes(data[:at]), NewBytes(data[at:])
        case ZeroBytes(length):
            return ZeroBytes(at), ZeroBytes(length - at)
