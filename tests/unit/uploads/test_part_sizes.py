"""The division of files into parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.uploads.part_sizes import MIB, PartSizes

LARGEST = 5_000_000_000


@given(st.integers(1, LARGEST))
def test_the_parts_make_up_the_file_within_s3s_limits(size: int) -> None:
    sizes = PartSizes(size)
    assert 1 <= sizes.count <= 10_000
    assert (sizes.count - 1) * sizes.part_size < size <= sizes.count * sizes.part_size
    assert sizes.size(1) >= min(size, 5 * MIB)
    assert (sizes.count - 1) * sizes.size(1) + sizes.size(sizes.count) == size


@pytest.mark.parametrize(
    ("size", "parts"),
    [
        (1, [1]),
        (16 * MIB - 1, [16 * MIB - 1]),
        (16 * MIB, [16 * MIB]),
        (16 * MIB + 1, [16 * MIB, 1]),
        (40 * MIB, [16 * MIB, 16 * MIB, 8 * MIB]),
    ],
)
def test_only_the_last_part_is_smaller(size: int, parts: list[int]) -> None:
    sizes = PartSizes(size)
    assert [sizes.size(number) for number in range(1, sizes.count + 1)] == parts


@pytest.mark.parametrize("number", [-1, 0, 3])
def test_other_part_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="there is no part"):
        PartSizes(17 * MIB).size(number)


def test_the_largest_file_has_299_parts() -> None:
    assert PartSizes(LARGEST).count == 299
