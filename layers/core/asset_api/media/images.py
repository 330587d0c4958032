"""Parsers that recognize an image format and read the displayed size, up to the first picture.

The size is what browsers report as `naturalWidth` and `naturalHeight` (checked in Chromium): EXIF orientation turns a
JPEG or PNG but not a WebP, and a GIF grows to its first frame if that exceeds the canvas.

Each function returns None for a file of another format, and raises `EndOfFile` if the file ends before its size.
"""

import re
import struct
import zlib

from asset_api.media import exif_orientation
from asset_api.media.reader import EndOfFile, Reader

Size = tuple[int, int]
"""Width and height in pixels; a file may state 0."""

# ITU-T T.81, table B.1: frames that browsers decode (baseline, extended, progressive, arithmetic), markers without a
# segment (TEM and restarts), and segments that libjpeg reads or skips before a scan.
_JPEG_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC9, 0xCA))
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD8)))
_JPEG_SEGMENTS = _JPEG_FRAMES | {0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_JPEG_START_OF_SCAN, _JPEG_APP1 = 0xDA, 0xE1
# Decoders skip anything before a marker: cameras and editors leave padding and stray bytes between segments.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff]")
_EXIF = b"Exif\x00"

_PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
_LARGEST_EXIF = 64 * 1024
# Orientations that swap width and height (Exif 3.0, 4.6.5.1.6).
_TURNED = (5, 6, 7, 8)

_GIF_VERSIONS = (b"GIF87a", b"GIF89a")
_GIF_EXTENSION, _GIF_IMAGE, _GIF_GRAPHIC_CONTROL = 0x21, 0x2C, 0xF9
_NOT_ZERO = re.compile(rb"[^\x00]")

# A WebP's first chunk (RFC 9649, sections 2.5 to 2.7): its minimum size, and the offset and value of its signature.
_WEBP_CHUNKS = {b"VP8 ": (10, 3, b"\x9d\x01\x2a"), b"VP8L": (5, 0, b"\x2f"), b"VP8X": (10, 0, b"")}


def jpeg(file: Reader) -> Size | None:
    """Follow the segments to the first scan (ITU-T T.81, annex B), skipping stray bytes between them."""
    if file.read_up_to(0, 3) != b"\xff\xd8\xff":
        return None
    position, size, orientation = 2, None, None
    while (marker := file.find(_JPEG_MARKER, position, file.size, longest=2)) is not None:
        code = file.read(marker + 1, 1)[0]
        if code == _JPEG_START_OF_SCAN:
            return size and _turned(size, orientation)
        if code in _JPEG_BARE:
            position = marker + 2
            continue
        if code not in _JPEG_SEGMENTS or (size and code in _JPEG_FRAMES):
            return None
        length, start = int.from_bytes(file.read(marker + 2, 2), "big"), marker + 4
        if code in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", file.read(start, 5), 1)
            size = width, height
        elif code == _JPEG_APP1 and orientation is None and file.read_up_to(start, 5) == _EXIF:
            orientation = exif_orientation.orientation(file.read_up_to(start + 6, length - 8))
        # Decoders read a length below 2, which does not even cover itself, as an empty segment.
        position = marker + 2 + max(length, 2)
        if position >= file.size:
            raise EndOfFile(f"the JPEG ends within the segment at byte {marker}")
    return None


def png(file: Reader) -> Size | None:
    """Check the header (W3C PNG, third edition, section 11.2.1), and look for EXIF before the pixel data."""
    start = file.read_up_to(0, 33)
    if not start.startswith(_PNG_START):
        return None
    width, height = struct.unpack_from(">II", start.ljust(33), 16)
    # "PNG four-byte unsigned integers" (section 7.1) have 31 bits, and a side cannot be 0.
    if not (0 < width < 2**31 and 0 < height < 2**31) or start[29:] != zlib.crc32(start[12:29]).to_bytes(4, "big"):
        return None
    position = 33
    while len(header := file.read_up_to(position, 8)) == 8 and header[4:] not in (b"IDAT", b"IEND"):
        length = int.from_bytes(header[:4], "big")
        if header[4:] == b"eXIf":
            return _turned(
                (width, height), exif_orientation.orientation(file.read_up_to(position + 8, min(length, _LARGEST_EXIF)))
            )
        position += 12 + length
    return width, height


def gif(file: Reader) -> Size | None:
    """Follow the blocks to the first picture (GIF89a, appendix B), skipping zeros between them."""
    header = file.read_up_to(0, 13)
    if not header.startswith(_GIF_VERSIONS):
        return None
    if len(header) < 13:
        raise EndOfFile("the GIF ends within its header")
    width, height, flags = struct.unpack_from("<HHB", header, 6)
    position = 13 + (3 * (2 << (flags & 7)) if flags & 0x80 else 0)
    while True:
        if file.read(position, 1) == b"\0":
            if (found := file.find(_NOT_ZERO, position, file.size, longest=1)) is None:
                return None
            position = found
        kind, label, length = file.read(position, 3)
        if kind == _GIF_IMAGE:
            # 11 bytes: the file must reach the code size, where the picture's data begins.
            left, top, frame_width, frame_height = struct.unpack_from("<HHHH", file.read(position, 11), 1)
            return max(width, left + frame_width), max(height, top + frame_height)
        if kind != _GIF_EXTENSION or (label == _GIF_GRAPHIC_CONTROL and length != 4):
            return None
        position += 2
        while length := file.read(position, 1)[0]:
            position += 1 + length
        position += 1


def webp(file: Reader) -> Size | None:
    """Read the first chunk (RFC 9649, sections 2.5 to 2.7)."""
    start = file.read_up_to(0, 30)
    if start[:4] != b"RIFF" or start[8:12] != b"WEBP" or start[12:16] not in _WEBP_CHUNKS or len(start) < 20:
        return None
    riff_size, chunk_size = struct.unpack_from("<I8xI", start, 4)
    least, position, signature = _WEBP_CHUNKS[start[12:16]]
    if not least <= chunk_size <= riff_size - 12 or not start.startswith(signature, 20 + position):
        return None
    if len(start) < 20 + least:
        raise EndOfFile("the WebP ends within its first chunk")
    if start[12:16] == b"VP8X":
        return 1 + int.from_bytes(start[24:27], "little"), 1 + int.from_bytes(start[27:30], "little")
    if start[12:16] == b"VP8L":
        bits = int.from_bytes(start[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    # The two high bits of each side request upscaling, which no decoder does.
    width, height = struct.unpack_from("<HH", start, 26)
    return width & 0x3FFF, height & 0x3FFF


def _turned(size: Size, orientation: int | None) -> Size:
    return size[::-1] if orientation in _TURNED else size
