"""A video's dimensions: Chromium's `videoWidth` and `videoHeight` after the same changes.

Chromium was tried with H.264, because it does not play the samples' MPEG-4.
"""

import struct

import pytest

from asset_api.media.movies import movie
from asset_api.media.reader import InMemory, Reader
from tests import media

ONE = 0x10000
IDENTITY = (ONE, 0, 0, ONE)
QUARTER, HALF, THREE_QUARTERS = (0, ONE, -ONE, 0), (-ONE, 0, 0, -ONE), (0, -ONE, ONE, 0)
TRANSPOSED = (0, ONE, ONE, 0)


def changed(
    *,
    matrix: tuple[int, int, int, int] = IDENTITY,
    movie_matrix: tuple[int, int, int, int] = IDENTITY,
    shown: tuple[float, float] = (64, 48),
    stored: tuple[int, int] = (64, 48),
    pasp: tuple[int, int] | None = (1, 1),
) -> bytes:
    """Change header fields of a real 64x48 MP4."""
    data = bytearray(media.mp4())
    assert data.count(b"btrt") == data.count(b"tkhd") == data.count(b"mvhd") == data.count(b"stsd") == 1

    def put(at: int, layout: str, *values: int | bytes) -> None:
        struct.pack_into(layout, data, at, *values)

    header = data.index(b"tkhd") + 4
    put(header + 40, ">ii4xii", *matrix)
    put(header + 76, ">II", *(int(side * ONE) for side in shown))
    put(data.index(b"mvhd") + 4 + 36, ">ii4xii", *movie_matrix)
    put(data.index(b"stsd") + 4 + 8 + 32, ">HH", *stored)
    if pasp:
        # Replaces the bit rate.
        put(data.index(b"btrt"), ">4sII", b"pasp", *pasp)
    return bytes(data)


def size_of(data: bytes) -> tuple[int, int] | None:
    found = movie(Reader(InMemory(data), len(data)))
    assert found is not None
    return found.size


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (changed(), (64, 48)),
        # Rotated by the track, by the movie, by both.
        (changed(matrix=QUARTER), (48, 64)),
        (changed(matrix=HALF), (64, 48)),
        (changed(matrix=THREE_QUARTERS), (48, 64)),
        (changed(matrix=TRANSPOSED), (48, 64)),
        (changed(matrix=(2 * ONE, 0, 0, 2 * ONE)), (64, 48)),
        (changed(matrix=(46341, 46341, -46341, 46341)), (64, 48)),
        (changed(matrix=(0, 0, 0, 0)), (64, 48)),
        (changed(movie_matrix=QUARTER), (48, 64)),
        (changed(matrix=QUARTER, movie_matrix=QUARTER), (64, 48)),
        # Non-square pixels.
        (changed(pasp=(2, 1)), (128, 48)),
        (changed(pasp=(1, 2)), (64, 96)),
        (changed(pasp=(12, 11)), (70, 48)),
        (changed(pasp=(40, 33)), (78, 48)),
        (changed(pasp=(0, 0)), (64, 48)),
        (changed(pasp=(2, 1), matrix=QUARTER), (48, 128)),
        (changed(pasp=(1, 1), shown=(128, 48)), (64, 48)),
        # Only in the track's header.
        (changed(pasp=None, shown=(128, 48)), (128, 48)),
        (changed(pasp=None, shown=(85.33, 48)), (85, 48)),
        (changed(pasp=None, shown=(0, 0)), (64, 48)),
        (changed(pasp=None, shown=(128, 48), matrix=QUARTER), (48, 128)),
        (changed(pasp=None, matrix=(2 * ONE, 0, 0, ONE)), (128, 48)),
        (changed(pasp=None, matrix=(2 * ONE, 0, 0, ONE), shown=(128, 48)), (128, 48)),
        (changed(pasp=None, matrix=(65863, 0, 0, ONE)), (64, 48)),
        # Missing from the sample description.
        (changed(stored=(0, 0)), (64, 48)),
        (changed(stored=(0, 0), shown=(0, 0)), (0, 0)),
    ],
)
def test_dimensions_are_those_that_a_player_shows(data: bytes, expected: tuple[int, int]) -> None:
    assert size_of(data) == expected


def test_reads_headers_of_version_1() -> None:
    data = changed(matrix=QUARTER)
    at = data.index(b"tkhd") - 4
    header = data[at + 8 : at + 92]
    # Times and duration in 64 bits: version and flags, creation, modification, track, reserved, duration, the rest.
    longer = b"".join(
        (b"\1", header[1:4], bytes(4), header[4:8], bytes(4), header[8:12], header[12:20], bytes(4), header[20:])
    )
    track = data.index(b"trak") - 4
    whole = bytearray(data[:at] + media.box(b"tkhd", longer) + data[at + 92 :])
    for start in (data.index(b"moov") - 4, track):
        whole[start : start + 4] = (int.from_bytes(whole[start : start + 4], "big") + 12).to_bytes(4, "big")
    assert size_of(bytes(whole)) == (48, 64)


def test_skips_audio_tracks() -> None:
    *others, index = media.boxes(media.mp4())
    sound = next(part for part in media.boxes(media.audio("mp4")) if part[4:8] == b"moov")
    track = sound[sound.index(b"trak") - 4 :]
    track = track[: int.from_bytes(track[:4], "big")]
    at = index.index(b"trak") - 4
    assert size_of(b"".join((*others, media.box(b"moov", index[8:at] + track + index[at:])))) == (64, 48)
    assert size_of(media.audio("mp4")) is None


def test_an_index_of_size_0_extends_to_the_end_of_the_file() -> None:
    *others, index = media.boxes(media.mp4())
    assert size_of(b"".join((*others, bytes(4), index[4:]))) == (64, 48)
