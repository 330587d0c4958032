"""A WebP's chunks, and its header's flags for them."""

import struct

import pytest

from asset_api.media.file_types import WEBP
from asset_api.media.reader import MalformedFile
from tests.unit.media.removal import (
    SECRET,
    XMP,
    clean,
    encoded,
    exif,
    frames,
    is_clean,
    personal,
    planned,
    published,
    riff_chunk,
    shaded,
    webp_of,
)


@pytest.mark.parametrize(("orientation", "flag"), [(None, 0), (6, 0x08)])
def test_the_header_states_the_actual_metadata_and_size(orientation: int | None, flag: int) -> None:
    after = published(personal(WEBP, orientation), WEBP)
    assert int.from_bytes(after[4:8], "little") == len(after) - 8
    assert after[12:16] == b"VP8X"
    assert after[20] & (0x08 | 0x04) == flag


@pytest.mark.parametrize("kind", [b"XMP\0", b"exif", b"_PMX", b"LIST", b"INFO", b"IART", b"ABCD"])
def test_removes_unknown_chunks(kind: bytes) -> None:
    assert published(webp_of(clean(WEBP)[12:] + riff_chunk(kind, SECRET)), WEBP) == clean(WEBP)


def test_keeps_the_frames_of_an_animation() -> None:
    data = animation(exif=exif(6), xmp=XMP)
    after = published(data, WEBP)
    assert is_clean(after)
    assert len(frames(after)) == 3
    assert frames(after) == frames(data)


def animation(**options: object) -> bytes:
    return encoded("WEBP", save_all=True, append_images=[shaded(1), shaded(2)], lossless=True, **options)


@pytest.mark.parametrize("secret", [SECRET, SECRET + b"!"], ids=["even", "odd"])
@pytest.mark.parametrize("is_padded", [True, False])
def test_removes_unknown_chunks_within_frames(secret: bytes, is_padded: bool) -> None:
    """Also if the frame is padded to an even length, but its last chunk is not."""
    data = animation()
    start = data.index(b"ANMF")
    size = int.from_bytes(data[start + 4 : start + 8], "little")
    extra = riff_chunk(b"XMP ", secret)
    if not is_padded:
        extra = extra[: 8 + len(secret)]
    frame = riff_chunk(b"ANMF", data[start + 8 : start + 8 + size] + extra)
    changed = webp_of(data[12:start] + frame + data[start + 8 + size :])
    assert SECRET in changed
    assert published(changed, WEBP) == data


def test_accepts_an_unpadded_last_chunk() -> None:
    odd = webp_of(clean(WEBP)[12:] + riff_chunk(b"ALPH", b"odd")[:-1])
    assert planned(odd, WEBP) is None


def test_finds_metadata_after_a_padded_chunk() -> None:
    before = clean(WEBP)[12:] + riff_chunk(b"ALPH", b"odd")
    assert published(webp_of(before + riff_chunk(b"XMP ", XMP)), WEBP)[12:] == before


def test_refuses_a_chunk_beyond_the_end_of_the_file() -> None:
    beyond = webp_of(riff_chunk(b"VP8L", b"more")[:-2]) + SECRET
    frame = webp_of(clean(WEBP)[12:] + riff_chunk(b"ANMF", bytes(16) + b"VP8L" + struct.pack("<I", 9) + b"more"))
    for data in (beyond, frame, webp_of(b"")):
        with pytest.raises(MalformedFile, match="WebP"):
            planned(data, WEBP)


def test_keeps_one_of_several_exif_chunks() -> None:
    webp = webp_of(clean(WEBP)[12:] + riff_chunk(b"EXIF", exif(6)) + riff_chunk(b"EXIF", exif(3)))
    assert published(webp, WEBP).count(b"EXIF") == 1
