"""Files of the allowed types that are truncated, changed, or named and declared as another type."""

from collections.abc import Iterator
from functools import partial

from tests import media
from tests.media import Encoder

_HEADER_CUTS = (1, 2, 3, 6, 8, 12, 16, 24, 33)
_FRACTIONS = (0.25, 0.5, 0.75, 0.9)


def _cut_points(size_bytes: int) -> Iterator[int]:
    """Within the header, in the middle, and one byte before the end."""
    yield from _HEADER_CUTS
    yield from (int(size_bytes * fraction) for fraction in _FRACTIONS)
    yield size_bytes - 1


def _cut(make: Encoder, kept: int) -> bytes:
    return make()[:kept]


def _overwritten(make: Encoder, offset: int, value: int) -> bytes:
    data = bytearray(make())
    data[offset] = value
    return bytes(data)


def _cut_short() -> Iterator[tuple[str, tuple[str, Encoder]]]:
    for extension, make in media.SAMPLES.items():
        for kept in _cut_points(len(make())):
            yield f"{extension} cut after {kept} bytes", (extension, partial(_cut, make, kept))


def _changed() -> Iterator[tuple[str, tuple[str, Encoder]]]:
    for extension, make in media.SAMPLES.items():
        for offset in (0, 3, 4, 7, 9, 11, 15, 20, 27, 40):
            for value in (0x00, 0xFF):
                name = f"{extension} with byte {offset} set to {value:#04x}"
                yield name, (extension, partial(_overwritten, make, offset, value))


# By name: the extension and the file. Whether it still has its type depends on what is left.
CUT_SHORT: dict[str, tuple[str, Encoder]] = dict(_cut_short())
CHANGED: dict[str, tuple[str, Encoder]] = dict(_changed())

_TYPES = ("jpg", "png", "gif", "webp", "mp4", "mov")

# Each type under the name of every other.
SPOOFED: dict[str, tuple[str, Encoder]] = {
    f"{actual} named {claimed}": (claimed, media.SAMPLES[actual])
    for actual in _TYPES
    for claimed in _TYPES
    if actual != claimed
}

# File names under which a JPEG is refused, however it is declared.
BAD_NAMES = (
    *(
        "photo.svg",
        "photo.html",
        "photo.php",
        "photo.jpg.html",
        "photo.jpg.php",
        "photo.pHp",
        "photo.heic",
        "photo.exe",
    ),
    *("photo.jpg.", "photo.jpg\u202egpj.exe", "photo.jp g", "photo.tiff", "photo.webm", "photo.png", "photo.mp4"),
)
# Content types with which a JPEG named .jpg is refused.
BAD_TYPES = (
    *("text/html", "image/svg+xml", "application/javascript", "image/png", "image/*", "*/*", "video/mp4", "image/avif"),
    *("application/x-httpd-php", "multipart/form-data", "image/jpeg, text/html", "jpeg", "image/pjpeg", "text/plain"),
)
