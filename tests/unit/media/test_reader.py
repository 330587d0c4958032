"""The limits that `Reader` sets for parsers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.media.boxes import boxes
from asset_api.media.file_types import HEAD_BYTES
from asset_api.media.reader import MIB, EndOfFile, InMemory, MalformedFile, Reader, UnreasonableFile
from tests.media import box


class Counted(InMemory):
    """Bytes in memory that count requests."""

    requests = 0

    def read(self, start: int, length: int, /) -> bytes:
        self.requests += 1
        return super().read(start, length)


def reader(data: bytes) -> Reader:
    return Reader(InMemory(data), len(data))


@given(st.integers(0, 3 * HEAD_BYTES), st.integers(0, HEAD_BYTES))
def test_reads_any_range(start: int, length: int) -> None:
    data = bytes(range(251)) * (2 * HEAD_BYTES // 251)
    file = reader(data)
    assert file.read_up_to(start, length) == data[start : start + length]
    if start + length <= len(data) and length:
        assert file.read(start, length) == data[start : start + length]
    elif length:
        with pytest.raises(EndOfFile):
            file.read(start, length)


@pytest.mark.parametrize("at", [0, HEAD_BYTES - 2, HEAD_BYTES, HEAD_BYTES + MIB - 2, 3 * MIB - 4])
def test_finds_a_pattern_across_windows(at: int) -> None:
    data = bytearray(3 * MIB)
    data[at : at + 4] = b"\xff\xd8\xff\xd9"
    file = reader(bytes(data))
    assert file.find(re.compile(rb"\xff\xd8\xff\xd9"), 0, len(data), longest=4) == at
    assert file.find(re.compile(rb"\xff\xd8\xff\xd9"), 0, at + 3, longest=4) is None


@pytest.mark.parametrize(("size", "most"), [(64 * 1024, 17_000), (50 * MIB, 300_000), (5 * 1024 * MIB, 1_000_000)])
def test_the_step_limit_is_proportional_to_the_file_size(size: int, most: int) -> None:
    assert most * 0.9 < Reader(InMemory(b""), size).steps_left <= most


def test_refuses_a_file_that_takes_too_many_steps() -> None:
    file = reader(bytes(1000))
    for _ in range(file.steps_left):
        file.read(0, 1)
    with pytest.raises(UnreasonableFile, match="more parts than a real one"):
        file.read(0, 1)
    with pytest.raises(UnreasonableFile):
        file.spend(1)
    with pytest.raises(UnreasonableFile):
        file.find(re.compile(b"x"), 0, 1000, longest=1)


def test_refuses_a_file_that_takes_too_many_requests() -> None:
    source = Counted(bytes(2 * MIB))
    file = Reader(source, 2 * MIB)
    for number in range(66):
        file.read(HEAD_BYTES + number % 2 * MIB, 1)
    with pytest.raises(UnreasonableFile, match="scattered"):
        file.read(HEAD_BYTES, 1)
    assert source.requests == 66


def test_refuses_a_file_that_nests_too_deep() -> None:
    file = reader(b"")

    def descend(depth: int) -> None:
        with file.one_level_deeper():
            if depth > 1:
                descend(depth - 1)

    descend(16)
    with pytest.raises(UnreasonableFile, match="16 deep"):
        descend(17)
    descend(16)  # and out again


def test_refuses_a_source_that_ends_before_its_stated_size() -> None:
    with pytest.raises(EndOfFile, match="stated size"):
        Reader(InMemory(b"short"), 100).read(50, 1)


def test_keeps_the_head_beside_the_last_window() -> None:
    source = Counted(bytes(5 * MIB))
    file = Reader(source, 5 * MIB)
    for start in (0, 4 * MIB, 100, HEAD_BYTES - 1, 4 * MIB + 100):
        file.read(start, 1)
    assert source.requests == 2


def test_reads_a_file_in_requests_of_a_mebibyte() -> None:
    source = Counted(bytes(5 * MIB))
    file = Reader(source, 5 * MIB)
    for start in range(0, 5 * MIB, 1024):
        file.read(start, 1024)
    assert source.requests == 6  # and one for the head


def kinds(data: bytes, end: int | None = None) -> list[tuple[bytes, int, int]]:
    return [(each.kind, each.data, each.end) for each in boxes(reader(data), 0, len(data) if end is None else end)]


def test_follows_boxes_of_every_size_encoding() -> None:
    large = b"\0\0\0\1mdat" + (20).to_bytes(8, "big") + bytes(4)
    last = b"\0\0\0\0moov" + bytes(6)
    assert kinds(box(b"ftyp", bytes(4)) + large + last) == [(b"ftyp", 8, 12), (b"mdat", 28, 32), (b"moov", 40, 46)]


def test_a_box_ends_with_its_parent() -> None:
    assert kinds(b"\0\0\1\0trak" + bytes(8), end=12) == [(b"trak", 8, 12)]
    assert kinds(b"\0\0\0\1trak" + b"\xff" * 8) == [(b"trak", 16, 16)]


@pytest.mark.parametrize("header", [b"\0\0\0\7trak", b"\0\0\0\1trak" + bytes(7) + b"\x0f"])
def test_stops_at_a_box_smaller_than_its_header(header: bytes) -> None:
    assert kinds(box(b"free") + header + bytes(16)) == [(b"free", 8, 8)]


@given(st.binary(max_size=200))
def test_never_visits_a_byte_twice(data: bytes) -> None:
    file = reader(data)
    before = file.steps_left
    ends = [0]
    for each in boxes(file, 0, len(data)):
        assert each.start == ends[-1] < each.data <= each.end <= len(data)
        ends.append(each.end)
    assert before - file.steps_left <= len(data) // 8


def test_every_refusal_is_a_malformed_file() -> None:
    assert issubclass(EndOfFile, MalformedFile)
    assert issubclass(UnreasonableFile, MalformedFile)
