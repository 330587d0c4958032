"""Batches within the limits of SQS and EventBridge: ten entries and 256 KB per call."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

_ENTRIES = 10
_BYTES = 262_144
# Names, times and attributes count too.
_ENVELOPE_BYTES = 512

_Entry = TypeVar("_Entry")


def split(entries: Iterable[_Entry], text_of: Callable[[_Entry], str]) -> Iterator[list[_Entry]]:
    """Split entries by their number and the size of their texts. An oversized entry is a batch of its own."""
    batch: list[_Entry] = []
    size = 0
    for entry in entries:
        needed = len(text_of(entry).encode()) + _ENVELOPE_BYTES
        if batch and (len(batch) == _ENTRIES or size + needed > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += needed
    if batch:
        yield batch
