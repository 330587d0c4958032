"""Notices which sources changed, by looking at their dates and sizes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from local import site
from local.fingerprint import DEPLOYED, source_files

WATCHED = (*DEPLOYED, *site.DIRECTORIES)
INTERVAL_SECONDS = 0.5

Snapshot = Mapping[Path, tuple[int, int]]


def snapshot(root: Path) -> Snapshot:
    """Modification time (ns) and size of every watched file, by its path relative to `root`."""
    seen: dict[Path, tuple[int, int]] = {}
    for path in source_files(root, WATCHED):
        try:
            status = path.stat()
        except FileNotFoundError:  # deleted just now
            continue
        seen[path.relative_to(root)] = (status.st_mtime_ns, status.st_size)
    return seen


def changes(before: Snapshot, after: Snapshot) -> frozenset[Path]:
    """The paths that were added, removed or written between the two."""
    return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


async def changed_files(root: Path, since: Snapshot) -> AsyncIterator[frozenset[Path]]:
    """Yields sets of paths that changed together, for ever. An editor's burst of writes makes one set."""
    known = since
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        current = snapshot(root)
        if current == known:
            continue
        while (settled := await _a_moment_later(root)) != current:
            current = settled
        yield changes(known, current)
        known = current


async def _a_moment_later(root: Path) -> Snapshot:
    await asyncio.sleep(0.1)
    return snapshot(root)
