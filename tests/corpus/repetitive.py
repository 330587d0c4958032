"""Files of any size that repeat themselves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repetitive:
    """`prefix`, then `unit` again and again, then `suffix`; a `RangeReader` of itself.

    Has any size, and is not held in memory.
    """

    prefix: bytes
    unit: bytes
    suffix: bytes = b""
    size: int = 0

    def of_size(self, size: int) -> "Repetitive":
        """Return the file with as many units as fit."""
        count = (size - len(self.prefix) - len(self.suffix)) // len(self.unit)
        whole = len(self.prefix) + count * len(self.unit) + len(self.suffix)
        return Repetitive(self.prefix, self.unit, self.suffix, whole)

    def read(self, start: int, length: int, /) -> bytes:
        """Generate the bytes from `start`."""
        end = min(start + length, self.size)
        first, last = len(self.prefix), self.size - len(self.suffix)
        parts = [self.prefix[start:end]]
        if start < last and end > first:
            begin, stop = max(start, first) - first, min(end, last) - first
            skipped = begin // len(self.unit)
            units = self.unit * (stop // len(self.unit) - skipped + 1)
            parts.append(units[begin - skipped * len(self.unit) : stop - skipped * len(self.unit)])
        if end > last:
            parts.append(self.suffix[max(start - last, 0) : end - last])
        return b"".join(parts)

    def whole(self) -> bytes:
        return self.read(0, self.size)
