"""Division of a file into parts. S3 allows up to 10,000, each but the last of at least 5 MiB.

See "Amazon S3 multipart upload limits" in the Amazon S3 User Guide.
"""

from dataclasses import dataclass, field

MIB = 1024 * 1024
PART_BYTES = 16 * MIB


@dataclass(frozen=True, slots=True)
class PartSizes:
    """A file of `size_bytes` (at least one) in parts of `part_size` bytes. Only the last may be smaller."""

    size_bytes: int
    part_size: int = field(default_factory=lambda: PART_BYTES)

    @property
    def count(self) -> int:
        return -(-self.size_bytes // self.part_size)

    def size(self, number: int) -> int:
        """Return the size of part `number`. Parts are numbered from 1 to `count`."""
        if not 1 <= number <= self.count:
            raise ValueError(f"there is no part {number}")
        return min(self.part_size, self.size_bytes - (number - 1) * self.part_size)
