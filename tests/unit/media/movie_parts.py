"""Videos assembled by hand, with boxes in places where no encoder writes them."""

import struct
from itertools import accumulate

from tests.media import box

PLACE = b"+51.5074-000.1278/"


def in_movie(movie: bytes, *parts: bytes) -> bytes:
    """Add boxes at the end of `moov`, which FFmpeg writes last, so that no offset changes."""
    start = movie.rindex(b"moov") - 4
    return movie[:start] + box(b"moov", movie[start + 8 :] + b"".join(parts))


def before_index(movie: bytes, *parts: bytes) -> bytes:
    """Add boxes before `moov`, so that no offset changes."""
    start = movie.rindex(b"moov") - 4
    return movie[:start] + b"".join(parts) + movie[start:]


def user_data(*parts: bytes) -> bytes:
    return box(b"udta", b"".join(parts))


def full(kind: bytes, payload: bytes) -> bytes:
    return box(kind, bytes(4) + payload)


def handler(kind: bytes, name: bytes = b"") -> bytes:
    return full(b"hdlr", bytes(4) + kind + bytes(12) + name + b"\0")


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def track(kind: bytes, samples: list[bytes], start: int, *parts: bytes) -> bytes:
    """Make a track whose samples follow one another from `start`, each in its own chunk."""
    offsets = accumulate((len(sample) for sample in samples[:-1]), initial=start)
    table = box(
        b"stbl",
        full(b"stsd", numbers(1) + box(b"mett", bytes(8) + b"\0text/plain\0"))
        + full(b"stts", numbers(1, len(samples), 1000))
        + full(b"stsc", numbers(1, 1, 1, 1))
        + full(b"stsz", numbers(0, len(samples), *map(len, samples)))
        + full(b"stco", numbers(len(samples), *offsets)),
    )
    references = box(b"dinf", full(b"dref", numbers(1) + box(b"url ", numbers(1))))
    media_box = full(b"mdhd", numbers(0, 0, 1000, 1000, 0)) + handler(kind)
    information = box(b"minf", full(b"nmhd", b"") + references + table)
    header = full(b"tkhd", numbers(0, 0, 9, 0, 1000) + bytes(60))
    return box(b"trak", header + box(b"mdia", media_box + information) + b"".join(parts))


IPHONE = box(
    b"meta",
    box(b"keys", bytes(7) + b"\x01" + box(b"mdta", b"com.apple.quicktime.location.ISO6709"))
    + box(b"ilst", box(b"\0\0\0\x01", box(b"data", bytes(8) + PLACE))),
)
# 3GPP TS 26.244, section 8.5: language, name, role, three coordinates, astronomical body, notes.
LOCATION = full(b"loci", b"\x15\xc7\0\0" + bytes(12) + b"earth\0" + PLACE + b"\0")
# Boxes with a location, each for the end of `moov`.
LOCATIONS = (
    user_data(box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE) + box(b"\xa9nam", b"Film")),
    user_data(LOCATION),
    box(b"trak", user_data(box(b"\xa9xyz", b"\0\x12\x15\xc7" + PLACE))),
    IPHONE,
    box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + PLACE),
    user_data(struct.pack(">I4sQ", 1, b"XMP_", 16 + len(PLACE)) + PLACE),
)
