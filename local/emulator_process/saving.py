"""Saving of the emulator's state while it runs, so that a crash loses at most a second of it.

Tables are saved as they change (`durable_tables`), objects are files, and everything else is saved on demand after a
deployment. Once a second, queues and stream positions are saved, and everything is synced to the disk.
"""

import asyncio
import json
import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ministack import app as ministack
from ministack.core import persistence
from ministack.services import lambda_svc, sqs

from local.emulator_process import durable_tables
from local.emulator_process.object_files import UnsyncedFiles
from local.emulator_process.table_store import Reader, TableStore

INTERVAL_SECONDS = 1.0
# Copying state fails while another thread changes it; a later attempt succeeds.
_ATTEMPTS = 5
_logger = logging.getLogger(__name__)


class Saver:
    """Writer of MiniStack's state into `directory`, from which MiniStack loads it."""

    def __init__(self, directory: Path, store: TableStore, files: UnsyncedFiles) -> None:
        self._directory = directory
        self._store = store
        self._files = files
        self._lock = asyncio.Lock()
        self._saved_queues = ""
        self._saved_positions: Mapping[Reader, int] = {}
        # Exists while an emulator runs; its modification time is that of the last save.
        self._alive = directory / "alive"
        self._used_code: set[str] = set()
        self._remove_unused_code = lambda_svc._prune_orphan_code_blobs
        # Delete unused code only when the state that no longer refers to it is on the disk.
        lambda_svc._prune_orphan_code_blobs = self._used_code.update

    @property
    def crashed_at(self) -> float | None:
        """The time of the previous emulator's last save if it crashed; None if it was stopped."""
        return self._alive.stat().st_mtime if self._alive.exists() else None

    async def run(self) -> None:
        """Save once a second, forever."""
        while True:
            try:
                async with self._lock:
                    await self._save_changes()
            except (OSError, sqlite3.Error):
                _logger.exception("saving failed; will retry")
            await asyncio.sleep(INTERVAL_SECONDS)

    async def save_everything(self) -> None:
        """Save the state of every service, synced to the disk. Raises OSError, sqlite3.Error."""
        async with self._lock:
            self._used_code.clear()
            getters = ministack._build_persistence_save_dict()
            states = {name: _copied(get_state) for name, get_state in getters.items()}
            await asyncio.to_thread(self._write_all, states)
            await self._save_changes()

    def stopped(self) -> None:
        """Record a clean stop, with everything saved."""
        self._store.flush()
        self._alive.unlink(missing_ok=True)

    async def _save_changes(self) -> None:
        queues = json.dumps(_document("sqs", _copied(sqs.get_state)), default=persistence._json_default)
        if queues != self._saved_queues:
            self._write("sqs", queues)
            self._saved_queues = queues
        positions = durable_tables.positions()
        if positions != self._saved_positions:
            self._store.save_positions(positions)
            self._saved_positions = positions
        await asyncio.to_thread(self._sync)
        self._alive.touch()

    def _sync(self) -> None:
        self._files.sync()
        # A transaction must not reach the disk before the files that were written before it.
        with self._store.lock:
            self._files.sync()
            self._store.flush()

    def _write_all(self, states: Mapping[str, Any]) -> None:
        for name, state in states.items():
            if state is not None:
                self._write(name, json.dumps(_document(name, state), default=persistence._json_default))
        self._remove_unused_code(self._used_code)

    def _write(self, name: str, text: str) -> None:
        path = self._directory / f"{name}.json"
        draft = path.with_suffix(".json.draft")
        with draft.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def _document(name: str, state: Any) -> dict[str, Any]:
    """Wrap `state` as MiniStack's `load_state` expects it."""
    return {"__ministack_format__": persistence._state_format_version(name), "payload": state}


def _copied(get_state: Callable[[], Any]) -> Any:
    for _ in range(_ATTEMPTS - 1):
        try:
            return get_state()
        except RuntimeError:
            continue
    return get_state()
