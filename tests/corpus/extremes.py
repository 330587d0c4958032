"""Small files that claim to be huge. Decoding them would take gigabytes; nothing here does."""

import struct
import zlib

from tests import media
from tests.corpus.refused import riff
from tests.media import Encoder

MIB = 1024 * 1024


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, *before_pixels: bytes) -> bytes:
    """A PNG that claims a size, with pixels for at most one line."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(64)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before_pixels) + pixels + png_chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    jpeg = media.jpeg()
    frame = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:frame] + struct.pack(">HH", height, width) + jpeg[frame + 4 :]


def gif_of(width: int, height: int) -> bytes:
    gif = media.gif(frames=1)
    return gif[:6] + struct.pack("<HH", width, height) + gif[10:]


def webp_canvas_of(width: int, height: int) -> bytes:
    """An extended WebP (RFC 9649, section 2.7) whose canvas claims a size; its picture keeps its own."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff(b"WEBP", b"VP8X" + struct.pack("<I", 10) + bytes(4) + sides + media.webp()[12:])


def inflates_to(size_bytes: int) -> bytes:
    """A deflate stream of a thousandth of that size."""
    return zlib.compress(bytes(size_bytes), 9)


# By name: the extension, the file, and the claimed size in pixels.
HUGE: dict[str, tuple[str, Encoder, tuple[int, int]]] = {
    "png of 65535 by 65535": ("png", lambda: png_of(65_535, 65_535), (65_535, 65_535)),
    "png of the most pixels that PNG allows": ("png", lambda: png_of(2**31 - 1, 2**31 - 1), (2**31 - 1, 2**31 - 1)),
    "jpeg of 65535 by 65535": ("jpg", lambda: jpeg_of(65_535, 65_535), (65_535, 65_535)),
    "gif of 65535 by 65535": ("gif", lambda: gif_of(65_535, 65_535), (65_535, 65_535)),
    "webp of 16 million by 255": ("webp", lambda: webp_canvas_of(2**24, 255), (2**24, 255)),
    "png whose text inflates to 64 MiB": (
        "png",
        lambda: png_of(64, 48, png_chunk(b"zTXt", b"Comment\0\0" + inflates_to(64 * MIB))),
        (64, 48),
    ),
    "png whose color profile inflates to 64 MiB": (
        "png",
        lambda: png_of(64, 48, png_chunk(b"iCCP", b"profile\0\0" + inflates_to(64 * MIB))),
        (64, 48),
    ),
    "png whose pixels inflate to 64 MiB": (
        "png",
        lambda: png_of(64, 48, png_chunk(b"IDAT", inflates_to(64 * MIB))),
        (64, 48),
    ),
}

# Sizes that PNG does not allow (third edition, section 7.1): no side is 0, none needs 32 bits.
IMPOSSIBLE: dict[str, tuple[str, Encoder]] = {
    "png without width": ("png", lambda: png_of(0, 48)),
    "png without height": ("png", lambda: png_of(64, 0)),
    "png of negative width": ("png", lambda: png_of(2**31, 48)),
    "png of negative height": ("png", lambda: png_of(64, 2**32 - 1)),
}
