"""Samples of a video's tracks: the parts of its media data that players show (ISO/IEC 14496-12, 8.7).

Tables are read and summed whole, in C rather than in Python loops: 50 MiB may hold a million samples.
"""

import sys
from array import array
from collections.abc import Iterator, Mapping

from asset_api.media.boxes import Box, boxes
from asset_api.media.ranges import Ranges
from asset_api.media.reader import MIB, Reader, UnreasonableFile

# At 4 bytes of memory each. Ten hours of AAC have 1.7 million samples.
_MAX_NUMBERS = 4_000_000
_NUMBERS_PER_STEP = 64
# Hours of low-rate video have a chunk for every 30 bytes of file; a chunk costs less than a microsecond.
_CHUNKS_PER_STEP = 3
_ARRAY_TYPES = {1: "B", 2: "H", 4: "I", 8: "Q"}

# Uncompressed sound in QuickTime; its sample table may give a sample's size as 1.
_PCM = frozenset((b"NONE", b"raw ", b"twos", b"sowt", b"in24", b"in32", b"fl32", b"fl64", b"lpcm", b"alaw", b"ulaw"))
_COMPANDED = frozenset((b"alaw", b"ulaw"))

_HIGH_HALF = bytes(number >> 4 for number in range(256))
_LOW_HALF = bytes(number & 15 for number in range(256))


def add_track(file: Reader, table: Box, ranges: Ranges, *, is_sound: bool) -> None:
    """Add the samples listed in a track's sample table (`stbl`), chunk by chunk."""
    found = {box.kind: box for box in boxes(file, table.data, table.end)}
    offsets = _chunk_offsets(file, found)
    file.spend(len(offsets) // _CHUNKS_PER_STEP)
    sizes = _Sizes(file, found, is_sound=is_sound)
    sample = 0
    for offset, count in zip(offsets, _samples_per_chunk(file, found.get(b"stsc")), strict=False):
        ranges.add(offset, offset + sizes.total(sample, count))
        sample += count


def _chunk_offsets(file: Reader, found: Mapping[bytes, Box]) -> "array[int]":
    for kind, width in ((b"stco", 4), (b"co64", 8)):
        if box := found.get(kind):
            return _counted_numbers(file, box, box.data + 4, width)
    return array("I")


def _samples_per_chunk(file: Reader, box: Box | None) -> Iterator[int]:
    """Yield each chunk's number of samples; the last entry applies to all further chunks."""
    if box is None:
        return
    entries = _counted_numbers(file, box, box.data + 4, 4, per_entry=3)
    firsts, counts = entries[0::3], entries[1::3]
    for index, count in enumerate(counts):
        chunks = firsts[index + 1] - firsts[index] if index + 1 < len(firsts) else None
        if chunks is None:
            while True:
                yield count
        for _ in range(chunks):
            yield count


class _Sizes:
    """The sizes of a track's samples: one common size, or one for each."""

    def __init__(self, file: Reader, found: Mapping[bytes, Box], *, is_sound: bool) -> None:
        self._each: array[int] | None = None
        self._same = 0
        self._sound = _Sound(file, found.get(b"stsd") if is_sound else None)
        if box := found.get(b"stsz"):
            self._same = int.from_bytes(file.read(box.data + 4, 4), "big")
            if not self._same:
                self._each = _counted_numbers(file, box, box.data + 8, 4)
        elif box := found.get(b"stz2"):
            bits = file.read(box.data + 7, 1)[0]
            self._each = _counted_numbers(file, box, box.data + 8, 1 if bits == 4 else bits // 8, halves=bits == 4)

    def total(self, first: int, count: int) -> int:
        """Return the total size in bytes of `count` samples from index `first`."""
        if self._each is None:
            return max(count * self._same, self._sound.total(count))
        return sum(self._each[first : first + count])


class _Sound:
    """The size of sound according to its description (QuickTime File Format, "Sound sample descriptions")."""

    def __init__(self, file: Reader, descriptions: Box | None) -> None:
        self._frames, self._bytes = 1, 0
        entry = next(boxes(file, descriptions.data + 8, descriptions.end), None) if descriptions else None
        fields = file.read_up_to(entry.data, min(entry.end - entry.data, 72)) if entry else b""
        if entry is None or len(fields) < 28:
            return
        version, channels, bits = (int.from_bytes(fields[at : at + 2], "big") for at in (8, 16, 18))
        if version == 1 and len(fields) >= 44:
            self._frames, self._bytes = (int.from_bytes(fields[at : at + 4], "big") for at in (28, 36))
        elif version == 2 and len(fields) >= 64:
            self._bytes, self._frames = (int.from_bytes(fields[at : at + 4], "big") for at in (56, 60))
        elif version == 0 and entry.kind in _PCM:
            self._bytes = channels * (1 if entry.kind in _COMPANDED else (bits + 7) // 8)

    def total(self, frames: int) -> int:
        return -(-frames // self._frames) * self._bytes if self._frames else 0


def _counted_numbers(
    file: Reader, box: Box, count_at: int, width: int, *, per_entry: int = 1, halves: bool = False
) -> "array[int]":
    """Read the entries after their count, as far as the box goes. With `halves`, each byte holds two numbers."""
    count = int.from_bytes(file.read(count_at, 4), "big") * per_entry
    start = count_at + 4
    length = min((count + 1) // 2 if halves else count * width, max(box.end - start, 0))
    length -= length % (width * per_entry)
    numbers = read_numbers(file, start, length, width)
    if not halves:
        return numbers
    split = bytearray(2 * length)
    split[0::2] = numbers.tobytes().translate(_HIGH_HALF)
    split[1::2] = numbers.tobytes().translate(_LOW_HALF)
    return array("B", split)


def read_numbers(file: Reader, start: int, length: int, width: int) -> "array[int]":
    """Read `length` bytes at `start` as big-endian numbers of `width` bytes each."""
    if length // width > _MAX_NUMBERS:
        raise UnreasonableFile("the video has too many samples")
    file.spend(length // width // _NUMBERS_PER_STEP)
    numbers = array(_ARRAY_TYPES[width])
    for at in range(start, start + length, MIB):
        numbers.frombytes(file.read(at, min(MIB, start + length - at)))
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
