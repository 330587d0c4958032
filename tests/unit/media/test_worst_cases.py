"""The cost of files made to be slow, counted in calls, because time depends on the machine's load.

64 KiB may take a tenth of a second. A call with its surroundings takes about 0.1 µs; the limit is two fifths of that.
`tests/faults/fuzzing` measures time, including for 50 MB.
"""

import sys
from collections.abc import Callable
from contextlib import suppress

import pytest

from asset_api.media import exif_orientation, metadata_removal, video_facts
from asset_api.media.file_types import MediaType
from asset_api.media.inspection import detect_file
from asset_api.media.reader import InMemory, MalformedFile, Reader
from tests.corpus.repetitive import Repetitive
from tests.corpus.worst import WORST

KIB = 1024
MOST_CALLS = 400_000


def calls_made(work: Callable[[], object]) -> int:
    """Count the functions that `work` calls, built-in ones included, whether or not it refuses the file."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    with suppress(MalformedFile):
        sys.setprofile(profile)
        try:
            work()
        finally:
            sys.setprofile(before)
    return count


def reader(data: bytes) -> Reader:
    return Reader(InMemory(data), len(data))


@pytest.mark.parametrize(("media_type", "worst"), WORST.values(), ids=WORST)
def test_64_kib_take_a_bounded_number_of_steps(media_type: MediaType, worst: Repetitive) -> None:
    data = worst.of_size(64 * KIB).whole()
    assert 58 * KIB < len(data) <= 64 * KIB
    assert calls_made(lambda: detect_file(reader(data))) < MOST_CALLS
    assert calls_made(lambda: metadata_removal.plan(reader(data), media_type)) < MOST_CALLS
    if media_type.kind == "video":
        assert calls_made(lambda: video_facts.read(reader(data))) < MOST_CALLS


@pytest.mark.parametrize("name", ["mp4 of greedy tracks and media", "gif of small sub-blocks", "png of empty texts"])
def test_calls_grow_linearly_with_the_file(name: str) -> None:
    small, large = (reader(WORST[name][1].of_size(size * KIB).whole()) for size in (64, 256))
    assert calls_made(lambda: detect_file(large)) < 5 * max(calls_made(lambda: detect_file(small)), 10_000)


def test_an_exif_block_takes_a_bounded_number_of_steps() -> None:
    block = b"MM\0*\0\0\0\x08\xff\xff" + b"\1\x0e\0\2\0\0\0\1\0\0\0\0" * 5_400
    assert calls_made(lambda: exif_orientation.orientation(block)) < MOST_CALLS


def test_generated_files_are_not_held_in_memory() -> None:
    worst = Repetitive(b"ab", b"123", b"yz").of_size(20)
    assert worst.whole() == b"ab" + b"123" * 5 + b"yz"
    for start in range(22):
        for length in range(22):
            assert worst.read(start, length) == worst.whole()[start : start + length]
