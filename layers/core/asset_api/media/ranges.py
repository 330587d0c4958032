"""Ranges of a file, from a start up to an end."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator


class Ranges:
    """Ranges of a file of `size` bytes, in 16 bytes of memory each. Those that touch or overlap become one."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._starts = array("Q")
        self._ends = array("Q")

    def add(self, start: int, end: int) -> None:
        """Add the range from `start` up to `end`, as far as the file has it."""
        start, end = max(start, 0), min(end, self._size)
        if self._ends and self._starts[-1] <= start <= self._ends[-1]:
            self._ends[-1] = max(self._ends[-1], end)
        elif start < end:
            self._starts.append(start)
            self._ends.append(end)

    def merge(self) -> None:
        """Bring them in order, as `gaps` needs them."""
        starts, ends = self._starts, self._ends
        self._starts, self._ends = array("Q"), array("Q")
        for index in sorted(range(len(starts)), key=starts.__getitem__):
            self.add(starts[index], ends[index])

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts of a range that are in none of these."""
        index = bisect_right(self._ends, start)
        while start < end and index < len(self._starts) and self._starts[index] < end:
            if self._starts[index] > start:
                yield start, self._starts[index]
            start = max(start, self._ends[index])
            index += 1
        if start < end:
            yield start, end
