"""Plans and their pieces: their cost and their result."""

from collections.abc import Callable

import pytest

from asset_api.media.file_types import GIF, JPEG, PNG, MediaType
from asset_api.media.metadata_removal import plan
from asset_api.media.reader import MalformedFile, Reader
from asset_api.media.rewriting import NewBytes, OriginalBytes, ZeroBytes, apply, pieces_size
from tests.unit.media.removal import MIB, Bytes, before_iend, chunk, clean, planned, sub_blocks


def large_jpeg() -> bytes:
    scan = clean(JPEG).rindex(b"\xff\xd9")
    return clean(JPEG)[:scan] + b"\x11\x22\xff\x00" * (20 * MIB // 4) + b"\xff\xd9"


def large_png() -> bytes:
    return before_iend(clean(PNG), chunk(b"IDAT", bytes(8192)) * 2560)


def large_gif() -> bytes:
    image = b"\x2c" + bytes(9) + b"\x08" + sub_blocks(b"\x11" * (20 * MIB))
    return clean(GIF)[:-1] + image + b";"


@pytest.mark.parametrize(("make", "media_type"), [(large_jpeg, JPEG), (large_png, PNG), (large_gif, GIF)])
def test_reads_a_large_file_once_in_large_windows(make: Callable[[], bytes], media_type: MediaType) -> None:
    source = Bytes(make())
    assert plan(Reader(source, len(source.data)), media_type).pieces is None
    assert max(length for _, length in source.reads) <= MIB
    assert len(source.reads) <= len(source.data) // MIB + 3


def test_does_not_read_the_body_of_a_large_chunk() -> None:
    source = Bytes(before_iend(clean(PNG), chunk(b"IDAT", bytes(20 * MIB))))
    assert plan(Reader(source, len(source.data)), PNG).pieces is None
    assert len(source.reads) == 2


def test_applies_many_small_edits_in_few_reads() -> None:
    data = bytes(range(256)) * 8192
    pieces = tuple(OriginalBytes(start, start + 100) for start in range(0, len(data), 256))
    source = Bytes(data)
    assert b"".join(apply(pieces, source)) == bytes(range(100)) * 8192
    assert len(source.reads) <= 3


def test_writes_zeros_one_window_at_a_time() -> None:
    pieces = (NewBytes(b"a"), ZeroBytes(2 * MIB + 3), NewBytes(b"b"))
    chunks = list(apply(pieces, Bytes(b"")))
    assert b"".join(chunks) == b"a" + bytes(2 * MIB + 3) + b"b"
    assert pieces_size(pieces) == 2 * MIB + 5
    assert len({id(chunk) for chunk in chunks if len(chunk) == MIB}) == 1, "one window of zeros is enough"


def test_refuses_metadata_in_too_many_places() -> None:
    with pytest.raises(MalformedFile, match="scattered"):
        planned(before_iend(clean(PNG), chunk(b"tEXt", b"12345678") * 12_000 + chunk(b"IDAT", bytes(MIB))), PNG)


def test_refuses_a_file_with_too_many_parts() -> None:
    one_byte_blocks = b"\x2c" + bytes(9) + b"\x08" + b"\x01\x11" * 1_000_001 + b"\0;"
    with pytest.raises(MalformedFile, match="parts"):
        planned(clean(GIF)[:-1] + one_byte_blocks, GIF)


def test_refuses_a_file_shorter_than_stated() -> None:
    with pytest.raises(MalformedFile, match="stated size"):
        plan(Reader(Bytes(clean(PNG)), len(clean(PNG)) + 1), PNG)
    with pytest.raises(MalformedFile, match="stated size"):
        list(apply((OriginalBytes(0, 100),), Bytes(b"short")))
