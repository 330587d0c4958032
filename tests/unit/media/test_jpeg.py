"""A JPEG's segments, and bytes outside segments."""

import pytest

from asset_api.media.file_types import JPEG
from asset_api.media.reader import MalformedFile
from tests import media
from tests.unit.media.removal import (
    MIB,
    SECRET,
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
    shaded,
)


@pytest.mark.parametrize("code", [0xE0, 0xE2, 0xE4, 0xEB, 0xEC, 0xEF, 0xFE])
def test_removes_unknown_segments(code: int) -> None:
    assert published(after_soi(clean(JPEG), segment(code, b"MPF\0" + SECRET)), JPEG) == clean(JPEG)


def test_keeps_the_adobe_segment_with_the_color_transform() -> None:
    cmyk = media.encoded(media.picture(48, 32, "CMYK"), "JPEG")
    assert b"Adobe" in cmyk
    assert planned(cmyk, JPEG) is None
    assert frames(published(after_soi(cmyk, segment(0xFE, SECRET)), JPEG)) == frames(cmyk)


JFIF = clean(JPEG)[6:20]


@pytest.mark.parametrize(
    ("code", "payload", "rest"),
    [
        (0xE0, JFIF, SECRET),
        (0xE0, JFIF[:-2] + b"\2\2", bytes(12)),
        (0xEE, b"Adobe\0\x64\0\0\0\0\1", SECRET),
    ],
    ids=["bytes after JFIF", "a thumbnail in JFIF", "bytes after Adobe's transform"],
)
def test_cuts_data_after_the_fields_of_a_kept_segment(code: int, payload: bytes, rest: bytes) -> None:
    after = published(after_soi(clean(JPEG), segment(code, payload + rest)), JPEG)
    kept = payload[:-2] + b"\0\0" if code == 0xE0 else payload
    assert after == after_soi(clean(JPEG), segment(code, kept))


@pytest.mark.parametrize("payload", [b"JFIF\0\1", b"JFXX\0\x10" + SECRET, b"Adobe", b"ICC_PROFIL" + SECRET])
def test_removes_segments_that_resemble_kept_ones(payload: bytes) -> None:
    for code in (0xE0, 0xE2, 0xEE):
        assert published(after_soi(clean(JPEG), segment(code, payload)), JPEG) == clean(JPEG)


def test_keeps_only_the_first_picture_of_a_multi_picture_file() -> None:
    several = encoded("MPO", save_all=True, append_images=[shaded(1)], exif=exif(6))
    assert b"MPF\0" in several
    after = published(several + encoded("JPEG", exif=exif()), JPEG)
    assert is_clean(after)
    assert b"MPF\0" not in after
    assert after.count(b"\xff\xd8\xff") == 1
    assert frames(after) == frames(several)[:1]


def test_keeps_a_second_end_of_image_marker() -> None:
    assert planned(clean(JPEG) + b"\xff\xd9\0\0", JPEG) is None


def test_removes_segments_between_the_scans_of_a_progressive_jpeg() -> None:
    second_scan = clean(JPEG).index(b"\xff\xda", clean(JPEG).index(b"\xff\xda") + 2)
    between = clean(JPEG)[:second_scan].rindex(b"\xff\xc4")
    data = clean(JPEG)[:between] + segment(0xFE, SECRET) + clean(JPEG)[between:]
    assert published(data, JPEG) == clean(JPEG)


def test_removes_data_beyond_a_segments_wrong_length() -> None:
    spilling = segment(0xE1, exif()[:20]) + exif()[20:]
    after = published(after_soi(clean(JPEG), spilling), JPEG)
    assert after == clean(JPEG)


@pytest.mark.parametrize("stray", [b"stray", b"\xff\x01", b"\xff\xd3", b"\xff\x02\x30", b"\0\0\xff\xfb"])
def test_removes_stray_bytes_and_odd_markers_between_segments(stray: bytes) -> None:
    """Decoders skip them; trail cameras and image editors write such files."""
    after_jfif = 2 + 2 + 16
    data = clean(JPEG)[:after_jfif] + stray + clean(JPEG)[after_jfif:]
    assert published(data, JPEG) == clean(JPEG)


def test_accepts_a_jpeg_truncated_within_its_scans() -> None:
    data = personal(JPEG, 6)
    cut_off = data[: data.rindex(b"\xff\xda") + 40]
    after = published(cut_off, JPEG)
    assert is_clean(after)
    assert after.endswith(cut_off[-40:])


def test_refuses_a_jpeg_truncated_before_its_first_scan() -> None:
    with pytest.raises(MalformedFile, match="JPEG"):
        planned(clean(JPEG)[: clean(JPEG).index(b"\xff\xda")], JPEG)


def test_uses_the_first_of_several_exif_segments() -> None:
    data = after_soi(clean(JPEG), segment(0xE1, exif(6)), segment(0xE1, exif(3)))
    after = published(data, JPEG)
    assert orientation_of(after) == 6
    assert after.count(b"Exif\0\0") == 1


@pytest.mark.parametrize(
    "stamp", [b"Lavc61.19.101\0", b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v62), quality = 90\n", b"Created with GIMP"]
)
def test_keeps_the_comment_of_a_known_encoder(stamp: bytes) -> None:
    stamped = clean(JPEG)[:2] + segment(0xFE, stamp) + clean(JPEG)[2:]
    assert published(stamped, JPEG) == stamped
    named = clean(JPEG)[:2] + segment(0xFE, stamp + b" by " + SECRET) + clean(JPEG)[2:]
    assert published(named, JPEG) == clean(JPEG)


def test_finds_a_marker_that_straddles_two_windows() -> None:
    for shift in range(-3, 3):
        scan = clean(JPEG).index(b"\xff\xda")
        header_end = scan + 2 + int.from_bytes(clean(JPEG)[scan + 2 : scan + 4], "big")
        filler = b"\x11" * (MIB - header_end + shift)
        data = clean(JPEG)[:header_end] + filler + segment(0xFE, SECRET) + b"\xff\xd9" + b"Exif\x00\x00" + SECRET
        assert published(data, JPEG) == clean(JPEG)[:header_end] + filler + b"\xff\xd9"


# A JPEG that ends within its last scan.
OPEN_SCAN = clean(JPEG)[:-2]


@pytest.mark.parametrize(
    "leftover",
    [
        OPEN_SCAN + personal(JPEG),
        OPEN_SCAN + segment(0xFE, SECRET),
        OPEN_SCAN + segment(0xFE, SECRET)[:-3],
        OPEN_SCAN + segment(0xFE, b"") + SECRET,
    ],
    ids=["another image", "a comment", "a part of a comment", "bytes of no segment"],
)
def test_removes_data_after_a_truncated_scan(leftover: bytes) -> None:
    assert published(leftover, JPEG) == OPEN_SCAN


@pytest.mark.parametrize("rest", [b"", b"\xff", b"\xff\xc4", b"\xff\xc4\0", b"\xff\xc8\0\0\x11", b"\xff\xff\xd9"])
def test_keeps_the_rest_of_an_open_scan(rest: bytes) -> None:
    assert planned(OPEN_SCAN + rest, JPEG) is None


def test_refuses_a_segment_longer_than_the_file() -> None:
    with pytest.raises(MalformedFile, match="impossible length"):
        planned(after_soi(clean(JPEG), b"\xff\xe1\xff\xff"), JPEG)


@pytest.mark.parametrize("length", [b"\0\0", b"\0\x01"])
def test_treats_a_segment_shorter_than_its_length_field_as_empty(length: bytes) -> None:
    assert published(after_soi(clean(JPEG), b"\xff\xe1" + length), JPEG) == clean(JPEG)
