"""A GIF's extensions, and bytes outside blocks."""

import io

import pytest
from PIL import Image

from asset_api.media.file_types import GIF
from asset_api.media.reader import MalformedFile
from tests.unit.media.removal import (
    ICC,
    SECRET,
    animated_gif,
    clean,
    frames,
    personal,
    planned,
    published,
    sub_blocks,
    with_gif_extensions,
)

PLAIN_TEXT = b"\x21\x01" + sub_blocks(bytes(12))[:13] + sub_blocks(SECRET)
LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
BUFFER = b"\x21\xff\x0bNETSCAPE2.0\x05\x02\0\0\1\0\0"
PROFILE = b"\x21\xff\x0bICCRGBG1012" + sub_blocks(ICC)


def test_a_cleaned_gif_still_loops() -> None:
    after = published(personal(GIF), GIF)
    assert after == animated_gif()
    with Image.open(io.BytesIO(after)) as image:
        assert image.info["loop"] == 0


@pytest.mark.parametrize("extension", [LOOP, BUFFER, PROFILE], ids=["loop", "buffer", "profile"])
def test_keeps_extensions_that_show_the_picture(extension: bytes) -> None:
    assert planned(with_gif_extensions(clean(GIF), extension), GIF) is None


@pytest.mark.parametrize(
    "extension",
    [
        PLAIN_TEXT,
        b"\x21\xfe" + sub_blocks(SECRET),
        b"\x21\xab" + sub_blocks(SECRET),
        b"\x21\xff" + sub_blocks(b"NETSCAPE2.0" + SECRET),
        LOOP[:-1] + sub_blocks(SECRET * 2),
        b"\x21\xff\x0bANYPROGRAM1" + sub_blocks(SECRET),
        b"\x21\xff" + sub_blocks(b"short"),
    ],
    ids=["text", "comment", "unknown", "long name", "after the loop", "application", "short name"],
)
def test_removes_all_other_extensions(extension: bytes) -> None:
    assert published(with_gif_extensions(clean(GIF), extension), GIF) == clean(GIF)


def test_accepts_a_gif_without_its_trailer() -> None:
    assert published(personal(GIF)[:-1], GIF) == clean(GIF)[:-1]


def test_accepts_zeros_between_blocks() -> None:
    spaced = with_gif_extensions(clean(GIF), b"\0\0")
    assert planned(spaced, GIF) is None
    assert frames(spaced) == frames(clean(GIF))
    assert published(with_gif_extensions(clean(GIF), b"\0", b"\x21\xfe" + sub_blocks(SECRET), b"\0"), GIF) == spaced


def test_cuts_stray_bytes_after_a_picture() -> None:
    assert published(clean(GIF)[:-1] + b"\x07" + SECRET, GIF) == clean(GIF)


def test_refuses_stray_bytes_before_the_first_picture() -> None:
    with pytest.raises(MalformedFile, match="no GIF block"):
        planned(with_gif_extensions(clean(GIF), b"\x07" + SECRET), GIF)
