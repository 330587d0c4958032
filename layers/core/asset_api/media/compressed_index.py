"""Compressed indexes, as old QuickTime versions wrote (QuickTime File Format, "Compressed movie resources")."""

import zlib
from collections.abc import Iterable, Iterator

from asset_api.media.boxes import Box, boxes, descendant
from asset_api.media.reader import MIB, InMemory, MalformedFile, Reader
from asset_api.media.rewriting import Edit, apply, pieces_after_edits

_MAX_COMPRESSED, _MAX_INFLATED = MIB, 4 * MIB
_BYTES_PER_STEP = 32


class CompressedIndex:
    """An inflated index: `file` holds its bytes, `moov` is the box in them."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self.file = Reader(InMemory(data), len(data))
        first = next(boxes(self.file, 0, len(data)), None)
        if first is None or first.kind != b"moov":
            raise MalformedFile("the compressed index holds no movie box")
        self.moov = first
        self._data, self._start, self._end = data, start, end

    def rewritten(self, edits: Iterable[Edit]) -> Iterator[Edit]:
        """Turn edits of the inflated index into edits of the file."""
        taken = list(edits)
        if not taken:
            return
        pieces = pieces_after_edits(taken, len(self._data))
        compressed = zlib.compress(b"".join(apply(pieces, InMemory(self._data))))
        rest = self._start + len(compressed)
        if rest > self._end:
            raise MalformedFile("the compressed index does not fit without its metadata")
        yield Edit(self._start, rest, compressed)
        if rest < self._end:
            yield Edit(rest, self._end, None)


def compressed_index(file: Reader, moov: Box) -> CompressedIndex | None:
    """Inflate the compressed index of a `moov` box, if it has one. Raises `MalformedFile` if it cannot be inflated."""
    payload = descendant(file, moov, b"cmov", b"cmvd")
    if payload is None:
        return None
    start = payload.data + 4  # past the inflated size
    if not 0 < payload.end - start <= _MAX_COMPRESSED:
        raise MalformedFile("the compressed index is too large")
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(file.read(start, payload.end - start), _MAX_INFLATED)
    except zlib.error as error:
        raise MalformedFile("the compressed index cannot be inflated") from error
    file.spend(len(data) // _BYTES_PER_STEP)
    if not inflater.eof:
        raise MalformedFile("the compressed index is truncated or too large")
    return CompressedIndex(data, start, payload.end)
