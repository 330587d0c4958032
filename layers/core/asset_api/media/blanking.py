"""Blanking in place, for files whose parts must not move: removed bytes become zeros, a removed box a `free` box."""

import re
from collections.abc import Iterator

from asset_api.media.boxes import Box
from asset_api.media.content_credentials import Manifest
from asset_api.media.reader import Reader
from asset_api.media.rewriting import Edit

# Four zero bytes are not a box type, but zeros after the last box parse as one.
PADDING = frozenset((b"free", b"skip", b"wide", bytes(4)))
_NOT_ZERO = re.compile(rb"[^\x00]")


def is_zero(file: Reader, start: int, end: int) -> bool:
    """Tell whether every byte from `start` to `end` is zero."""
    return file.find(_NOT_ZERO, start, end, longest=1) is None


def zeros(file: Reader, start: int, end: int, manifest: Manifest | None = None) -> Iterator[Edit]:
    """Zero the bytes from `start` to `end`; no edit if they are zero already."""
    if not is_zero(file, start, end):
        yield Edit(start, end, None, manifest)


def free_box(file: Reader, box: Box, manifest: Manifest | None = None) -> Iterator[Edit]:
    """Turn a box into a `free` box of zeros."""
    yield from free_type(box, manifest)
    yield from zeros(file, box.data, box.end, manifest)


def free_type(box: Box, manifest: Manifest | None = None) -> Iterator[Edit]:
    """Change a box's type to `free`, and keep its data."""
    if box.kind not in PADDING:
        yield Edit(box.start + 4, box.start + 8, b"free", manifest)
