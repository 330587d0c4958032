"""The one EXIF tag that changes how a JPEG, PNG or WebP looks: Orientation (Exif 3.0, 4.6.5.1.6; TIFF 6.0, page 36)."""

import struct
from typing import Literal

from asset_api.media.reader import Reader

_UPRIGHT = 1
# The tag is in IFD0, which writers put first; thumbnails and maker notes follow.
_READ_AT_MOST = 64 * 1024
_TAG = 0x0112
_SHORT = 3
_HEADER = 8
_ENTRY = 12
# A header, an IFD of one entry, and no next IFD.
_MINIMAL_LENGTH = _HEADER + 2 + _ENTRY + 4
# The prefix of the block in a JPEG; some writers add it in PNG and WebP too.
_PREFIXES = (b"Exif\x00\x00", b"Exif\x00\xff")


def replacement(file: Reader, start: int, end: int) -> bytes | None:
    """Return the replacement of the EXIF block between `start` and `end`; None if the block may stay.

    A block that holds nothing but an orientation may stay. Any other is replaced by such a block (TIFF, without the
    `Exif` prefix), or by nothing if the image is upright.
    """
    payload = file.read(start, min(end - start, _READ_AT_MOST))
    tiff = payload[6:] if payload.startswith(_PREFIXES) else payload
    if states_only_orientation(tiff):
        return None
    value = orientation(tiff)
    return b"" if value == _UPRIGHT else minimal(value)


def orientation(tiff: bytes) -> int:
    """Read the orientation in an EXIF block's IFD0: 1 (upright) to 8; 1 if there is none that can be read."""
    found = _UPRIGHT
    if (order := _byte_order(tiff)) is None:
        return found
    try:
        (ifd,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, ifd)
        for entry in range(ifd + 2, ifd + 2 + entries * _ENTRY, _ENTRY):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, entry)
            if tag == _TAG:
                return value if (kind, count) == (_SHORT, 1) and 1 <= value <= 8 else _UPRIGHT
    except struct.error:
        return found
    return found


def minimal(value: int) -> bytes:
    """Build an EXIF block (TIFF, without the `Exif` prefix) that holds orientation `value` and nothing else."""
    return b"MM\x00*" + struct.pack(">IHHHIHHI", _HEADER, 1, _TAG, _SHORT, 1, value, 0, 0)


def states_only_orientation(tiff: bytes) -> bool:
    """Tell whether an EXIF block holds an orientation, in either byte order, and nothing else."""
    if len(tiff) != _MINIMAL_LENGTH or (order := _byte_order(tiff)) is None:
        return False
    ifd, entries, tag, kind, count, value, rest, following = struct.unpack_from(order + "IHHHIHHI", tiff, 4)
    return (ifd, entries, tag, kind, count, rest, following) == (
        _HEADER,
        1,
        _TAG,
        _SHORT,
        1,
        0,
        0,
    ) and 1 <= value <= 8


def _byte_order(tiff: bytes) -> Literal["<", ">"] | None:
    if tiff.startswith(b"II*\x00"):
        return "<"
    return ">" if tiff.startswith(b"MM\x00*") else None
