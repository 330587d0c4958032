"""Sets of byte ranges."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator


class Ranges:
    """Byte ranges of a file of `size` bytes, at 16 bytes of memory each. Ranges that touch or overlap become one."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._starts = array("Q")
        self._ends = array("Q")

    def add(self, start: int, end: int) -> None:
        """Add the range from `start` up to `end`, clipped to the file."""
        start, end = max(start, 0), min(end, self._size)
        if self._ends and self._starts[-1] <= start <= self._ends[-1]:
            self._ends[-1] = max(self._ends[-1], end)
        elif start < end:
            self._starts.append(start)
            self._ends.append(end)

    def merge(self) -> None:
        """Sort the ranges and join overlapping ones; call it before `gaps`."""
        starts, ends = self._starts, self._ends
        self._starts, self._ends = array("Q"), array("Q")
        for index in sorted(range(len(starts)), key=starts.__getitem__):
            self.add(starts[index], ends[index])

    def gaps(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the parts from `start` to `end` that no range covers."""
        index = bisect_right(self._ends, start)
        while start < end and index < len(self._starts) and self._starts[index] < end:
            if self._starts[index] > start:
                yield start, self._starts[index]
            start = max(start, self._ends[index])
            index += 1
        if start < end:
            yield start, end
