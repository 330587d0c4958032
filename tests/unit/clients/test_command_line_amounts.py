"""Sizes and counts, as the command line prints them."""

import pytest

from asset_upload_client.cli.amounts import counted, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 kB"),
        (10 * 1024, "10 kB"),
        (52_428_800, "50 MB"),
        (5 * 1024**3, "5.0 GB"),
        (5000 * 1024**3, "5000 GB"),
    ],
)
def test_sizes_use_units_of_1024(count: float, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_one_item_is_singular(count: int, text: str) -> None:
    assert counted(count, "file") == text
