import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asset_api.publishing.large import incoming_objects

MIB = 1024 * 1024


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])
def test_all_parts_but_the_last_have_8_mib(size: int) -> None:
    sizes = [len(part) for part in incoming_objects.parts(bytes(min(MIB, size - at)) for at in range(0, size, MIB))]
    assert sum(sizes) == size
    assert all(part == 8 * MIB for part in sizes[:-1])


@settings(max_examples=20)
@given(st.lists(st.binary(max_size=50), max_size=30))
def test_parts_join_to_the_same_bytes(chunks: list[bytes]) -> None:
    assert b"".join(incoming_objects.parts(chunks)) == b"".join(chunks)


def test_memory_does_not_grow_with_the_stream() -> None:
    def stream(megabytes: int) -> Iterator[bytes]:
        for _ in range(megabytes):
            yield bytes(MIB)

    def peak(megabytes: int) -> int:
        tracemalloc.start()
        for _ in incoming_objects.parts(stream(megabytes)):
            pass
        (_, most) = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(200) < 40 * MIB
    assert peak(200) < peak(50) + 2 * MIB
