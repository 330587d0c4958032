"""Properties of metadata removal from every type of file."""

import io
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from asset_api.media import exif_orientation
from asset_api.media.file_types import GIF, JPEG, MP4, PNG, WEBP, MediaType
from asset_api.media.metadata_removal import plan
from asset_api.media.reader import MalformedFile, Reader
from tests import media
from tests.unit.media.movie_parts import LOCATIONS, in_movie
from tests.unit.media.removal import (
    GPS,
    ICC,
    IMAGES,
    MIB,
    SECRET,
    Bytes,
    after_soi,
    clean,
    encoded,
    exif,
    frames,
    is_clean,
    orientation_of,
    personal,
    planned,
    published,
    segment,
)

WITH_EXIF = (JPEG, PNG, WEBP)


@pytest.mark.parametrize("media_type", IMAGES)
def test_removes_personal_metadata_and_keeps_every_pixel(media_type: MediaType) -> None:
    before = personal(media_type)
    after = published(before, media_type)
    assert SECRET in before
    assert media_type is GIF or any(latitude in before for latitude in GPS)
    assert is_clean(after)
    assert frames(after) == frames(before)
    with Image.open(io.BytesIO(after)) as image:
        image.load()
        assert not image.getexif()
        assert not {"xmp", "photoshop", "comment", "exif", "Author", "Comment"} & image.info.keys()


@pytest.mark.parametrize("media_type", WITH_EXIF)
def test_keeps_the_color_profile(media_type: MediaType) -> None:
    with Image.open(io.BytesIO(published(personal(media_type, 6), media_type))) as image:
        assert image.info["icc_profile"] == ICC


@pytest.mark.parametrize("media_type", IMAGES)
def test_leaves_a_file_without_metadata_unchanged(media_type: MediaType) -> None:
    assert planned(clean(media_type), media_type) is None


@pytest.mark.parametrize("media_type", [JPEG, PNG])
def test_a_cleaned_file_equals_one_without_metadata(media_type: MediaType) -> None:
    assert published(personal(media_type), media_type) == clean(media_type)


@pytest.mark.parametrize("media_type", IMAGES)
@pytest.mark.parametrize(
    "trailer",
    [
        b"\0\0\0\x18ftypmp42" + SECRET,
        b"PK\x03\x04 <script>",
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"\0" * 4096 + b"AXS!",
        bytes(range(256)) * 9,
    ],
    ids=["a video", "an archive", "a picture", "another", "after padding", "anything"],
)
def test_cuts_data_after_the_end_of_the_image(media_type: MediaType, trailer: bytes) -> None:
    assert published(clean(media_type) + trailer, media_type) == clean(media_type)


@pytest.mark.parametrize("media_type", IMAGES)
@pytest.mark.parametrize("padding", [b"\0" * 4096, b"\xff\xff", b"\r\n", b"\0\n"])
def test_keeps_padding_after_the_end_of_the_image(media_type: MediaType, padding: bytes) -> None:
    assert planned(clean(media_type) + padding, media_type) is None


@pytest.mark.parametrize("media_type", [PNG, WEBP, GIF])
def test_refuses_a_truncated_file(media_type: MediaType) -> None:
    for length in (0, 5, 12, 40, len(personal(media_type)) - 2):
        with pytest.raises(MalformedFile):
            planned(personal(media_type)[:length], media_type)


# Orientation.


@pytest.mark.parametrize("media_type", WITH_EXIF)
@pytest.mark.parametrize("orientation", range(2, 9))
def test_keeps_the_orientation(media_type: MediaType, orientation: int) -> None:
    after = published(personal(media_type, orientation), media_type)
    assert is_clean(after)
    assert orientation_of(after) == orientation
    assert frames(after) == frames(personal(media_type))


@pytest.mark.parametrize("media_type", WITH_EXIF)
@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_removes_exif_from_an_upright_image(media_type: MediaType, orientation: int) -> None:
    assert orientation_of(published(personal(media_type, orientation), media_type)) is None


@pytest.mark.parametrize("media_type", WITH_EXIF)
@pytest.mark.parametrize("order", ["<", ">"])
def test_keeps_an_exif_block_with_only_the_orientation(media_type: MediaType, order: str) -> None:
    block = Image.Exif()
    block.endian = order
    block[ExifTags.Base.Orientation] = 8
    data = encoded(media_type.extensions[-1].upper(), exif=block.tobytes())
    assert orientation_of(data) == 8
    assert planned(data, media_type) is None


def test_reads_the_orientation_in_either_byte_order() -> None:
    for order in "<>":
        assert orientation_of(published(encoded("JPEG", exif=exif(6, order=order)), JPEG)) == 6


@pytest.mark.parametrize(
    "tiff", [b"", b"MM\0*", b"MM\0*\xff\xff\xff\xff", b"II*\0\x08\0\0\0\xff\xff", b"MM\0*\0\0\0\x08\0\x02" + bytes(9)]
)
def test_treats_unreadable_exif_as_upright(tiff: bytes) -> None:
    assert exif_orientation.orientation(tiff) == 1


@pytest.mark.parametrize(("kind", "count", "value"), [(4, 1, 6), (3, 2, 6), (3, 1, 0), (3, 1, 9)])
def test_treats_an_unknown_orientation_as_upright(kind: int, count: int, value: int) -> None:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ExifTags.Base.Orientation, kind, count, value, 0, 0)
    assert published(after_soi(clean(JPEG), segment(0xE1, b"Exif\0\0" + tiff)), JPEG) == clean(JPEG)


def test_reads_the_orientation_after_either_prefix() -> None:
    data = after_soi(clean(JPEG), segment(0xE1, b"Exif\0\xff" + exif(6)[6:]))
    assert orientation_of(published(data, JPEG)) == 6


# Arbitrary bytes.


def survives(data: bytes, media_type: MediaType) -> None:
    """Check that the file is refused, or that removal is idempotent, in a bounded number of reads."""
    source = Bytes(data)
    try:
        plan(Reader(source, len(data)), media_type)
        published(data, media_type)
    except MalformedFile:
        return
    finally:
        assert len(source.reads) <= len(data) // MIB + 8


def prefixes() -> Iterator[tuple[MediaType, bytes]]:
    yield JPEG, b"\xff\xd8"
    yield JPEG, clean(JPEG)[: clean(JPEG).index(b"\xff\xda") + 14]
    yield PNG, clean(PNG)[:33]
    yield WEBP, clean(WEBP)[:12]
    yield GIF, clean(GIF)[:13]
    yield MP4, b""


@given(st.sampled_from(list(prefixes())), st.binary(max_size=200))
def test_survives_arbitrary_bytes(prefix: tuple[MediaType, bytes], data: bytes) -> None:
    media_type, start = prefix
    survives(start + data, media_type)


JPEG_PARTS = st.sampled_from(
    (
        *(b"\xff", b"\0", b"\xd9", b"\xff\xd9", b"\xff\xd8", b"\xff\xd0", b"\x11\x22", b"\xff\x3a"),
        *(segment(0xDA, b"\x01"), segment(0xE1, exif(6)), segment(0xC4, b"ab"), segment(0xFE, SECRET)),
        *(b"\xff\xe1\0", b"\xff\xed\xff\xff"),
    )
)


@given(st.lists(JPEG_PARTS, max_size=12))
@settings(max_examples=400)
def test_survives_jpeg_parts_in_any_order(parts: list[bytes]) -> None:
    survives(b"\xff\xd8" + b"".join(parts), JPEG)


@given(st.sampled_from([*IMAGES, MP4]), st.data())
@settings(max_examples=300)
def test_survives_truncations_and_flipped_bits(media_type: MediaType, data: st.DataObject) -> None:
    whole = in_movie(media.mp4(), *LOCATIONS) if media_type is MP4 else personal(media_type, 6)
    damaged = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    if damaged:
        for bit in data.draw(st.lists(st.integers(0, len(damaged) * 8 - 1), max_size=4)):
            damaged[bit // 8] ^= 1 << bit % 8
    survives(bytes(damaged), media_type)


@pytest.mark.parametrize("media_type", IMAGES)
def test_never_leaks_from_a_truncated_file(media_type: MediaType) -> None:
    whole = personal(media_type, 6)
    for length in range(0, len(whole), 7):
        try:
            after = published(whole[:length], media_type)
        except MalformedFile:
            continue
        assert is_clean(after)
