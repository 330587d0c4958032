"""Blanks where a video says it was filmed, in MP4 (ISO/IEC 14496-12, 3GPP TS 26.244) and QuickTime files.

In place: a box with a location becomes a `free` box of the same size, full of zeros: no sample moves. Covers
the `©xyz` and `loci` user data of cameras and ffmpeg, the `meta` boxes of iPhones, and XMP. Not covered:
locations recorded over time, as a track or beside one (GoPro's GPMF, Apple's timed metadata).
"""

import re
from collections.abc import Iterator

from asset_api.media.rewriting import Edit, ReadAhead

_LOCATED = frozenset({b"\xa9xyz", b"loci", b"XMP_"})
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_LOCATION = re.compile(rb"com\.apple\.quicktime\.location|\xa9xyz")
_LONGEST_LOCATION = len("com.apple.quicktime.location")
# Where each box type that is looked into may be; a fixed depth, whatever a file nests.
_LOOKED_INTO = {b"": (b"moov",), b"moov": (b"trak", b"udta"), b"trak": (b"udta",), b"udta": ()}


def edits(file: ReadAhead) -> Iterator[Edit]:
    """The boxes to blank. Where a box does not fit into the one around it, the walk through that one ends."""
    return _blanked(file, 0, file.size, b"")


def _blanked(file: ReadAhead, position: int, parent_end: int, parent: bytes) -> Iterator[Edit]:
    while position + 8 <= parent_end:
        header = file.read(position, min(16, parent_end - position))
        kind, data, size = header[4:8], position + 8, int.from_bytes(header[:4], "big")
        if size == 1 and len(header) == 16:
            data, size = position + 16, int.from_bytes(header[8:], "big")
        end = parent_end if size == 0 else position + size
        if end < data or end > parent_end:
            return
        if kind in _LOOKED_INTO[parent]:
            yield from _blanked(file, data, end, kind)
        elif _tells_location(file, kind, data, end):
            yield Edit(position + 4, position + 8, b"free")
            yield Edit(data, end, None)
        position = end


def _tells_location(file: ReadAhead, kind: bytes, data: int, end: int) -> bool:
    if kind == b"meta":
        return file.find(_LOCATION, data, end, longest=_LONGEST_LOCATION) is not None
    if kind == b"uuid":
        return end - data >= len(_XMP_UUID) and file.read(data, len(_XMP_UUID)) == _XMP_UUID
    return kind in _LOCATED
