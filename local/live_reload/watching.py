"""Detection of changed sources, by modification time and size."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from local import site
from local.fingerprint import DEPLOYED, source_files

WATCHED = (*DEPLOYED, *site.DIRECTORIES)
INTERVAL_SECONDS = 0.5

Snapshot = Mapping[Path, tuple[int, int]]


def snapshot(root: Path) -> Snapshot:
    """Map every watched file, relative to `root`, to its modification time (ns) and size."""
    seen: dict[Path, tuple[int, int]] = {}
    for path in source_files(root, WATCHED):
        try:
            status = path.stat()
        except FileNotFoundError:  # deleted just now
            continue
        seen[path.relative_to(root)] = (status.st_mtime_ns, status.st_size)
    return seen


def changes(before: Snapshot, after: Snapshot) -> frozenset[Path]:
    """Return the paths that were added, removed or written between two snapshots."""
    return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


async def changed_files(root: Path, since: Snapshot) -> AsyncIterator[frozenset[Path]]:
    """Yield sets of paths that changed together, forever. An editor's burst of writes makes one set."""
    known = since
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        current = snapshot(root)
        if current == known:
            continue
        while (later := await _snapshot_after_pause(root)) != current:
            current = later
        yield changes(known, current)
        known = current


async def _snapshot_after_pause(root: Path) -> Snapshot:
    await asyncio.sleep(0.1)
    return snapshot(root)
