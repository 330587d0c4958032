"""A file read by ranges: the same bytes, in few requests."""

import io
import os
import random

import pytest

from asset_api.renditions.ranged_files import MAX_REQUESTS, MIB, RangedFile
from asset_api.renditions.renditions import UnrenderableError

DATA = random.Random(1).randbytes(20 * MIB)


class Source:
    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.requests: list[tuple[int, int]] = []

    def __call__(self, start: int, length: int) -> bytes:
        self.requests.append((start, length))
        return self.data[start : start + length]


def test_reads_like_any_file() -> None:
    numbers = random.Random(2)
    file, expected = RangedFile(Source(), len(DATA)), io.BytesIO(DATA)
    for _ in range(60):
        whence = numbers.choice((os.SEEK_SET, os.SEEK_END))
        offset = numbers.randrange(3 * MIB) * (1 if whence == os.SEEK_SET else -1)
        assert file.seek(offset, whence) == expected.seek(offset, whence) == file.tell()
        length = numbers.randrange(1, 100_000)
        data = file.read(length)
        while len(data) < length and (more := file.read(length - len(data))):
            data += more
        assert data == expected.read(length)


def test_sequential_reads_use_growing_requests() -> None:
    source = Source()
    file = RangedFile(source, len(DATA))
    data = b"".join(iter(lambda: file.read(64 * 1024), b""))
    assert data == DATA
    assert [length / MIB for _, length in source.requests] == [0.5, 1, 2, 4, 4, 4, 4, 0.5]


def test_caches_ranges_that_are_read_again() -> None:
    source = Source()
    file = RangedFile(source, len(DATA))
    for _ in range(10):
        for position in (0, 15 * MIB, 5 * MIB):
            file.seek(position)
            assert file.read(1000) == DATA[position : position + 1000]
    assert len(source.requests) == 3


def test_reads_nothing_beyond_the_end() -> None:
    source = Source()
    file = RangedFile(source, len(DATA))
    file.seek(1, os.SEEK_END)
    assert file.read(10) == b""
    with pytest.raises(ValueError, match="before the file"):
        file.seek(-1)
    assert source.requests == []


def test_refuses_a_file_that_takes_too_many_requests() -> None:
    file = RangedFile(Source(), len(DATA))
    for number in range(MAX_REQUESTS):
        file.seek(MIB * (number * 7 % 20))
        assert file.read(1)
    file.seek(MIB * (MAX_REQUESTS * 7 % 20))
    with pytest.raises(OSError, match="cannot be read"):
        file.read(1)
    assert isinstance(file.failure, UnrenderableError)


def test_a_truncated_object_is_an_error() -> None:
    file = RangedFile(Source(DATA[:1000]), len(DATA))
    for _ in range(2):
        with pytest.raises(OSError, match="cannot be read"):
            file.read(10)
    assert str(file.failure).startswith("got 1000 bytes instead of")
    assert file.requests == 1
