"""Color profiles: valid ones are kept, and other data in their place is removed."""

import struct
import zlib

import pytest

from asset_api.media.file_types import GIF, JPEG, PNG, WEBP, MediaType
from tests.unit.media.removal import (
    ICC,
    IMAGES,
    SECRET,
    after_soi,
    clean,
    encoded,
    frames,
    planned,
    published,
    segment,
    sub_blocks,
    with_gif_extensions,
)

NO_PROFILES = {
    "text": SECRET * 20,
    "text of a few characters": SECRET,
    "a header without its signature": ICC[:36] + b"text" + ICC[40:],
    "a size smaller than the header": struct.pack(">I", 127) + ICC[4:],
    "nothing": b"",
}


def part(number: int, count: int, data: bytes) -> bytes:
    return segment(0xE2, b"ICC_PROFILE\0" + bytes((number, count)) + data)


def with_profile(media_type: MediaType, profile: bytes) -> bytes:
    if media_type is JPEG:
        return after_soi(encoded("JPEG"), part(1, 1, profile))
    if media_type is GIF:
        return with_gif_extensions(clean(GIF), b"\x21\xff\x0bICCRGBG1012" + sub_blocks(profile))
    return encoded(media_type.extensions[-1].upper(), icc_profile=profile)


@pytest.mark.parametrize("profile", NO_PROFILES.values(), ids=NO_PROFILES)
@pytest.mark.parametrize("media_type", IMAGES, ids=lambda one: one.extensions[0])
def test_removes_data_that_is_not_a_profile(media_type: MediaType, profile: bytes) -> None:
    before = with_profile(media_type, profile)
    after = published(before, media_type)
    assert SECRET not in after
    assert not {b"ICC_PROFILE", b"iCCP", b"ICCP", b"ICCRGBG1012"} & {after[at : at + 11] for at in range(len(after))}
    assert not {b"iCCP", b"ICCP"} & {after[at : at + 4] for at in range(len(after))}
    assert frames(after) == frames(before)


@pytest.mark.parametrize("media_type", [JPEG, GIF, WEBP], ids=lambda one: one.extensions[0])
def test_removes_an_incomplete_profile(media_type: MediaType) -> None:
    assert planned(with_profile(media_type, ICC), media_type) is None
    assert ICC[:100] not in published(with_profile(media_type, ICC[:-20]), media_type)


def test_the_flag_of_a_webp_says_whether_it_has_a_profile() -> None:
    before = with_profile(WEBP, SECRET)
    assert before[12:16] == b"VP8X"
    assert before[20] & 0x20
    assert not published(before, WEBP)[20] & 0x20


@pytest.mark.parametrize(
    "chunk",
    [
        b"profile" + zlib.compress(ICC),
        b"\0\0" + zlib.compress(ICC),
        b"a" * 80 + b"\0\0" + zlib.compress(ICC),
        b"a\0\0" + SECRET,
    ],
    ids=["no end of the name", "no name", "a name too long", "not compressed"],
)
def test_removes_a_malformed_profile_of_a_png(chunk: bytes) -> None:
    plain = encoded("PNG")
    data = struct.pack(">I", len(chunk)) + b"iCCP" + chunk + struct.pack(">I", zlib.crc32(b"iCCP" + chunk))
    assert published(plain[:33] + data + plain[33:], PNG) == plain


def test_cuts_a_multi_segment_jpeg_profile_at_its_end() -> None:
    third = len(ICC) // 3
    whole = part(1, 3, ICC[:third]) + part(2, 3, ICC[third : 2 * third]) + part(3, 3, ICC[2 * third :])
    data = after_soi(encoded("JPEG"), whole)
    assert planned(data, JPEG) is None
    assert published(after_soi(encoded("JPEG"), whole, part(4, 4, SECRET), part(2, 3, SECRET)), JPEG) == data


def test_removes_all_segments_of_an_invalid_profile() -> None:
    assert published(after_soi(encoded("JPEG"), part(1, 2, SECRET), part(2, 2, SECRET)), JPEG) == encoded("JPEG")


def test_keeps_profiles_of_any_length_written_by_pillow() -> None:
    long = struct.pack(">I", len(ICC) + 200_000) + ICC[4:] + bytes(200_000)
    for media_type in (JPEG, PNG, WEBP):
        before = encoded(media_type.extensions[-1].upper(), icc_profile=long)
        assert planned(before, media_type) is None
