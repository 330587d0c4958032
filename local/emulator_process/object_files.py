"""Repair of S3's files on disk after a crash, before MiniStack reads them, and syncing them to disk.

MiniStack 1.5.33 keeps an object as two files: first its bytes, then its metadata in `.meta.json`. Killed between the
two writes, it leaves bytes without metadata, or with the metadata of the object they replaced. No client was told that
such an object is stored.
"""

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_SIDECAR = ".meta.json"
_VERSIONS = ".versions"
_logger = logging.getLogger(__name__)


def repair(objects: Path) -> None:
    """Remove or complete partially written objects in MiniStack's S3_DATA_DIR, which must not be in use."""
    for path in list(_files(objects)):
        if path.name.endswith(".tmp"):
            path.unlink()
        elif not path.name.endswith(_SIDECAR):
            _repair_object(path, objects)


def _files(objects: Path) -> Iterator[Path]:
    for account in objects.glob("[0-9]*"):
        yield from (path for path in account.rglob("*") if path.is_file())


def _repair_object(path: Path, objects: Path) -> None:
    sidecar = path.with_name(path.name + _SIDECAR)
    if not sidecar.exists():
        _logger.warning("removing an object without metadata: %s", path)
        path.unlink()
        return
    meta = json.loads(sidecar.read_text())
    status = path.stat()
    is_torn = status.st_mtime_ns > sidecar.stat().st_mtime_ns or meta.get("size") not in (None, status.st_size)
    if not is_torn or meta.get("is_delete_marker"):
        return
    _logger.warning("repairing an object that was being replaced: %s", path)
    account, bucket, *key = path.relative_to(objects).parts
    replaced = objects.joinpath(_VERSIONS, account, bucket, str(meta.get("version_id") or "null"), *key)
    if replaced.exists():
        path.write_bytes(replaced.read_bytes())
    else:
        body = path.read_bytes()
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        meta |= {"size": len(body), "etag": f'"{etag}"', "checksums": {}}
    sidecar.write_text(json.dumps(meta))


class UnsyncedFiles:
    """Files that S3 has written and that may not have reached the disk yet."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()
        self._lock = threading.Lock()

    def watch(self, write: Callable[..., None]) -> Callable[..., None]:
        """Wrap `write`, whose first argument is a path, so that its files are remembered here."""

        def write_and_remember(path: str, *arguments: Any, **options: Any) -> None:
            write(path, *arguments, **options)
            with self._lock:
                self._paths.add(Path(path))

        return write_and_remember

    def sync(self) -> None:
        """Sync the files and their directories to the disk."""
        with self._lock:
            paths, self._paths = self._paths, set()
        for path in sorted({*paths, *(path.parent for path in paths)}):
            try:
                descriptor = os.open(path, os.O_RDONLY)
            except FileNotFoundError:  # deleted since
                continue
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
