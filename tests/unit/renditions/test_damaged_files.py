"""Files with the kinds of damage that have crashed decoders; each group runs in a separate process.

No decoder may crash, hang or exhaust memory: each file has a rendition or a reason for none.
"""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from tests import limited_process, machine, media
from tests.corpus.image_bombs import chunk
from tests.limited_process import MAX_MEGABYTES
from tests.unit.renditions.test_hostile_images import rendered
from tests.videos import video

DAMAGES = 16
MAX_CPU_SECONDS = 40
PNG_HEADER = struct.pack(">IIBBBBB", 32, 32, 8, 3, 0, 0, 0)
ROWS = zlib.compress(bytes(33) * 32)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """Make a PNG with a palette of two colors, and these chunks before its pixels."""
    parts = [(b"IHDR", PNG_HEADER), (b"PLTE", bytes(6)), *chunks, (b"IDAT", ROWS), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def with_segment(marker: int, content: bytes) -> bytes:
    """Make a JPEG with this segment before its first one."""
    return b"\xff\xd8" + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + media.jpeg()[2:]


def gif(*, code_size: int = 2, left: int = 0, width: int = 8, data: bytes = b"\x02\x44\x01") -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", left, left, width, width, 0) + bytes([code_size])
    return head + frame + bytes([len(data)]) + data + b"\0;"


# By the bugs that such files have triggered.
CRAFTED: dict[str, Callable[[], bytes]] = {
    "more transparency than colors.png": lambda: png((b"tRNS", bytes(256))),
    "a palette of 300 colors.png": lambda: png((b"PLTE", bytes(900))),
    "a palette that is no triple.png": lambda: png((b"PLTE", bytes(7))),
    "a histogram without a palette.png": lambda: png((b"hIST", bytes(600))),
    "significant bits beyond the depth.png": lambda: png((b"sBIT", b"\xff" * 4)),
    "a color profile that is a bomb.png": lambda: png((b"iCCP", b"p\0\0" + zlib.compress(bytes(30_000_000), 9))),
    "a text that is a bomb.png": lambda: png((b"zTXt", b"t\0\0" + zlib.compress(bytes(30_000_000), 9))),
    "a chunk of two gigabytes.png": lambda: png()[:33] + struct.pack(">I", 0x7FFFFFFF) + b"IDAT" + ROWS,
    "Huffman codes that overflow.jpg": lambda: with_segment(0xC4, b"\x00" + b"\xff" * 16 + bytes(255)),
    "quantization for table 15.jpg": lambda: with_segment(0xDB, b"\xff" + bytes(128)),
    "an interval after every block.jpg": lambda: with_segment(0xDD, b"\x00\x01"),
    "a frame of 255 components.jpg": lambda: with_segment(0xC0, b"\x08\0\x10\0\x10\xff" + b"\x01\x44\x00" * 255),
    "arithmetic coding.jpg": lambda: media.jpeg().replace(b"\xff\xc0", b"\xff\xc9"),
    "lossless.jpg": lambda: media.jpeg().replace(b"\xff\xc0", b"\xff\xc3"),
    "a code size of 12.gif": lambda: gif(code_size=12),
    "a code size of 255.gif": lambda: gif(code_size=255),
    "a frame outside of the canvas.gif": lambda: gif(left=65535, width=65535),
    "codes that were never defined.gif": lambda: gif(data=b"\xff" * 255),
    "a canvas smaller than its frame.webp": lambda: _riff(b"VP8X", bytes(10)),
    "alpha without pixels.webp": lambda: _riff(b"ALPH", b"\x01" + b"\xff" * 60),
    "a lossless picture of ones.webp": lambda: _riff(b"VP8L", b"\x2f" + b"\xff" * 400),
    "a lossless picture of zeros.webp": lambda: _riff(b"VP8L", b"\x2f\x1f\xc0\x07" + bytes(400)),
}


def _riff(kind: bytes, content: bytes) -> bytes:
    body = b"WEBP" + kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) + media.webp()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def saved(name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    media.picture(96, 64).convert(str(options.pop("mode", "RGB"))).save(buffer, name, **options)
    return buffer.getvalue()


IMAGES: dict[str, Callable[[], bytes]] = {
    "jpg": partial(saved, "JPEG"),
    "progressive.jpg": partial(saved, "JPEG", progressive=True, subsampling=2, restart_marker_rows=1),
    "cmyk.jpg": partial(saved, "JPEG", mode="CMYK"),
    "png": partial(saved, "PNG"),
    "palette.png": partial(saved, "PNG", mode="P"),
    "gray.png": lambda: media.encoded(Image.new("I;16", (96, 64), 4000), "PNG"),
    "gif": partial(saved, "GIF"),
    "animation.gif": lambda: media.gif(96, 64, 3),
    "webp": partial(saved, "WEBP"),
    "lossless.webp": partial(saved, "WEBP", lossless=True),
    "alpha.webp": partial(saved, "WEBP", mode="RGBA"),
}
CODECS = {
    "h264": partial(video, frames=12, codec_options=(("preset", "veryfast"), ("bf", "2"))),
    "hevc": partial(video, "libx265", frames=6, codec_options=(("x265-params", "log-level=error"),)),
    "vp9": partial(video, "libvpx-vp9", frames=6, codec_options=(("b", "200k"),)),
    "av1": partial(video, "libsvtav1", frames=6, codec_options=(("preset", "12"), ("svtav1-params", "lp=1"))),
    "mpeg4": partial(video, "mpeg4", frames=12, codec_options=(("bf", "2"),)),
    "mpeg2": partial(video, "mpeg2video", frames=12, codec_options=(("bf", "2"),)),
    "mjpeg": partial(video, "mjpeg", frames=4, pixels="yuvj420p", container="mov"),
    "prores": partial(video, "prores_ks", frames=4, pixels="yuv422p10le", container="mov"),
    "fragments": partial(video, frames=12, flags="frag_keyframe+empty_moov"),
}


def damaged(data: bytes, seed: str) -> Iterator[bytes]:
    """Change, set, remove or repeat bytes anywhere after the first dozen, reproducibly."""
    chance = random.Random(seed)
    for number in range(DAMAGES):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 3, 20))):
            at = chance.randrange(12, len(changed) - 8)
            match number % 4:
                case 0:
                    changed[at] ^= 1 << chance.randrange(8)
                case 1:
                    changed[at : at + 4] = chance.choice((bytes(4), b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
                case 2:
                    changed[at : at + chance.randrange(1, 64)] = b""
                case _:
                    changed[at:at] = changed[at : at + chance.randrange(1, 64)]
            if len(changed) < 40:
                break
        yield bytes(changed)


def test_crafted_images_have_a_rendition_or_a_reason(tmp_path: Path) -> None:
    ends = rendered(CRAFTED, tmp_path)
    reasons = {end for end in ends.values() if not isinstance(end, int)}
    assert all("cannot be decoded" in reason or "100 megapixels" in reason for reason in reasons), ends


def test_damaged_images_have_a_rendition_or_a_reason(tmp_path: Path) -> None:
    files = {
        f"{number} {kind}" if "." in kind else f"{number}.{kind}": partial(bytes, data)
        for kind, make in IMAGES.items()
        for number, data in enumerate(damaged(make(), kind))
    }
    ends = rendered(files, tmp_path)
    assert len(ends) == DAMAGES * len(IMAGES)
    # Not all are refused by their first bytes.
    assert sum(isinstance(end, int) for end in ends.values()) > DAMAGES


FRAMES = """
import json, sys, time
from asset_api.renditions import pictures, videos
from asset_api.renditions.renditions import UnrenderableError
found, slowest = 0, 0
for path in sys.argv[1:]:
    for which in ("first", "last", "poster"):
        started = time.process_time()
        try:
            with open(path, "rb") as file:
                pictures.picture(videos.frame(file, which)).avg()
            found += 1
        except UnrenderableError:
            pass
        slowest = max(slowest, time.process_time() - started)
print(json.dumps([found, slowest]))
"""


@pytest.mark.parametrize("codec", CODECS)
def test_damaged_videos_have_a_frame_or_a_reason(codec: str, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(DAMAGES)]
    for path, data in zip(paths, damaged(CODECS[codec](), codec), strict=True):
        path.write_bytes(data)
    (found, slowest), megabytes = limited_process.run(FRAMES, paths, cpu_seconds=MAX_CPU_SECONDS, timeout_seconds=900)
    assert found
    assert slowest < 3 * machine.slowness()
    assert megabytes < MAX_MEGABYTES
