"""Small files that are huge, endless or broken for a decoder, by file name."""

import struct
import zlib
from collections.abc import Callable

from PIL import Image

from tests import media


def gif_of_frames(frames: int) -> bytes:
    """An animation whose every frame is one pixel: libnsgif reads the headers of all before it decodes one."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1000, 1000, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return head + frame * frames + b";"


def webp_of_frames(frames: int) -> bytes:
    """The same as a WebP, for which libwebp's time grows with the square of their number."""
    pixel = media.encoded(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]
    frame = bytes(6) + bytes(6) + (1).to_bytes(3, "little") + b"\0" + pixel
    frame = b"ANMF" + struct.pack("<I", len(frame)) + frame
    side = (999).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<IB3x", 10, 2) + side + side
    body = b"WEBP" + canvas + b"ANIM" + struct.pack("<IIH", 6, 0xFFFFFFFF, 0) + frame * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def png(width: int, height: int, *, depth: int = 8, channels: int = 3, lines: int | None = None) -> bytes:
    """A black PNG with this number of lines, whatever the header says."""
    compressor = zlib.compressobj(9)
    line = bytes(1 + width * channels * depth // 8)
    data = b"".join(compressor.compress(line) for _ in range(height if lines is None else lines)) + compressor.flush()
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg_of_scans(scans: int, side: int = 4096) -> bytes:
    """A progressive JPEG that repeats its last scan; each scan is a pass over the whole picture."""
    data = media.encoded(Image.new("RGB", (side, side), (1, 2, 3)), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * scans + b"\xff\xd9"


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _as_other(image_format: str) -> bytes:
    return media.encoded(media.picture(64, 48), image_format)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="/etc/passwd"/></svg>'

# Refused for one of these reasons.
TOO_LARGE: dict[str, Callable[[], bytes]] = {
    "sixty thousand squared.png": lambda: png(60_000, 60_000, lines=10),
    "just over.png": lambda: png(10_001, 10_000, lines=10),
}
UNDECODABLE: dict[str, Callable[[], bytes]] = {
    "empty but for its start.jpg": lambda: b"\xff\xd8\xff\xe0",
    "no pixels at all.png": lambda: png(64, 48)[:33],
    "an svg.png": lambda: SVG,
    "a tiff.png": lambda: _as_other("TIFF"),
    "a bmp.gif": lambda: _as_other("BMP"),
    "a ppm.jpg": lambda: _as_other("PPM"),
    "header alone.webp": lambda: media.webp()[:30],
    "no frame.gif": lambda: gif_of_frames(0),
    "scan after scan.jpg": lambda: jpeg_of_scans(3000, side=512),
}
# Shown as far as possible, in little time and memory.
DECODABLE: dict[str, Callable[[], bytes]] = {
    "a million frames.gif": lambda: gif_of_frames(1_000_000),
    "half a million frames.webp": lambda: webp_of_frames(500_000),
    "a hundred megapixels.png": lambda: png(10_000, 10_000, channels=1),
    "taller than a WebP.png": lambda: png(400, 65_000),
    "half of it.jpg": lambda: _half(media.encoded(media.picture(800, 600), "JPEG")),
    "half of it.png": lambda: _half(media.encoded(media.picture(800, 600), "PNG")),
    "half of it.gif": lambda: _half(media.gif(400, 300, 1)),
    "progressive.jpg": lambda: media.encoded(Image.new("RGB", (6000, 6000)), "JPEG", progressive=True, subsampling=0),
}
