"""A PNG's chunks."""

import zlib

import pytest

from asset_api.media.file_types import PNG
from asset_api.media.reader import MalformedFile
from tests.unit.media.removal import SECRET, before_iend, chunk, clean, exif, personal, planned, published

KEPT = (b"bKGD", b"cICP", b"cLLI", b"hIST", b"mDCV", b"oFFs", b"pHYs", b"sBIT", b"sTER", b"vpAg")


@pytest.mark.parametrize("kind", KEPT)
def test_keeps_chunks_that_show_the_picture(kind: bytes) -> None:
    data = before_iend(clean(PNG), chunk(kind, b"numbers"))
    assert planned(data, PNG) is None


@pytest.mark.parametrize(
    "kind", [b"exIf", b"EXIF", b"zxIf", b"tXMP", b"cpIp", b"mkBF", b"prVt", b"iDOT", b"gIFx", b"sPLT", b"sCAL", b"dSIG"]
)
def test_removes_unknown_chunks(kind: bytes) -> None:
    assert published(before_iend(clean(PNG), chunk(kind, SECRET)), PNG) == clean(PNG)


@pytest.mark.parametrize(
    "program",
    [
        b"Matplotlib version3.10",
        b"Matplotlib version 3.10.1, https://matplotlib.org/",
        b"Adobe ImageReady",
        b"GIMP 2.10",
    ],
)
def test_keeps_the_text_of_a_known_program(program: bytes) -> None:
    stamped = before_iend(clean(PNG), chunk(b"tEXt", b"Software\0" + program))
    assert published(stamped, PNG) == stamped
    named = before_iend(clean(PNG), chunk(b"tEXt", b"Software\0" + program + SECRET))
    assert published(named, PNG) == clean(PNG)


def test_writes_chunks_with_a_valid_checksum() -> None:
    after = published(personal(PNG, 3), PNG)
    start = after.index(b"eXIf")
    length = int.from_bytes(after[start - 4 : start], "big")
    body_end = start + 4 + length
    assert zlib.crc32(after[start:body_end]) == int.from_bytes(after[body_end : body_end + 4], "big")


def test_keeps_one_of_several_exif_chunks() -> None:
    png = before_iend(clean(PNG), chunk(b"eXIf", exif(6)), chunk(b"eXIf", exif(3)))
    assert published(png, PNG).count(b"eXIf") == 1


def test_refuses_a_chunk_type_that_is_not_letters() -> None:
    with pytest.raises(MalformedFile, match="PNG chunk"):
        planned(before_iend(clean(PNG), chunk(b"tE\0t", b"")), PNG)
