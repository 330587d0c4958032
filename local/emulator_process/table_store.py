"""Tables' items and streams in SQLite, so that acknowledged writes outlive the process.

A transaction is handed to the operating system before its request is acknowledged, so a killed process loses nothing.
A power cut loses what came after the last `flush`, but never half of a transaction.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Item = Mapping[str, Any]
# A table's items by partition key and sort key, as in MiniStack's memory.
Items = Mapping[str, Mapping[str, Item]]
# Account, region and id of an event source mapping.
Reader = tuple[str, str, str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS items (
  table_id TEXT, partition_key TEXT, sort_key TEXT, item TEXT NOT NULL,
  PRIMARY KEY (table_id, partition_key, sort_key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
  table_id TEXT, position INTEGER, record TEXT NOT NULL, PRIMARY KEY (table_id, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
  account TEXT, region TEXT, reader TEXT, position INTEGER NOT NULL, PRIMARY KEY (account, region, reader)
) WITHOUT ROWID;
"""


class TableStore:
    """Items, stream records and the position of each stream's readers. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.is_new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")  # syncs only in a checkpoint, such as `flush`
        self._connection.executescript(_SCHEMA)
        self.lock = threading.RLock()
        self._depth = 0

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block's writes together when it ends, even if it raises."""
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if not self._depth and self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def put(self, table_id: str, partition_key: str, sort_key: str, item: Item) -> None:
        self._write(
            "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", table_id, partition_key, sort_key, json.dumps(item)
        )

    def remove(self, table_id: str, partition_key: str, sort_key: str) -> None:
        self._write(
            "DELETE FROM items WHERE table_id = ? AND partition_key = ? AND sort_key = ?",
            *(table_id, partition_key, sort_key),
        )

    def replace_all(self, table_id: str, items: Items) -> None:
        """Replace all items of a table."""
        with self.transaction():
            self._write("DELETE FROM items WHERE table_id = ?", table_id)
            for partition_key, by_sort_key in items.items():
                for sort_key, item in by_sort_key.items():
                    self.put(table_id, partition_key, sort_key, item)

    def items(self, table_id: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        rows = self._connection.execute(
            "SELECT partition_key, sort_key, item FROM items WHERE table_id = ?", (table_id,)
        )
        for partition_key, sort_key, item in rows:
            found.setdefault(partition_key, {})[sort_key] = json.loads(item)
        return found

    def append_change(self, table_id: str, position: int, record: Mapping[str, Any]) -> None:
        """Append a stream record at its position, which counts from the stream's beginning."""
        self._write("INSERT OR REPLACE INTO changes VALUES (?, ?, ?)", table_id, position, json.dumps(record))

    def changes(self, table_id: str) -> list[tuple[int, dict[str, Any]]]:
        """Return stream records with their positions, oldest first."""
        rows = self._connection.execute(
            "SELECT position, record FROM changes WHERE table_id = ? ORDER BY position", (table_id,)
        )
        return [(position, json.loads(record)) for position, record in rows]

    def forget_changes_before(self, table_id: str, position: int) -> None:
        self._write("DELETE FROM changes WHERE table_id = ? AND position < ?", table_id, position)

    def save_positions(self, positions: Mapping[Reader, int]) -> None:
        with self.transaction():
            for reader, position in positions.items():
                self._write("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", *reader, position)

    def positions(self) -> dict[Reader, int]:
        rows = self._connection.execute("SELECT account, region, reader, position FROM positions")
        return {(account, region, reader): position for account, region, reader, position in rows}

    def keep_only(self, table_ids: Collection[str]) -> None:
        """Remove the items and changes of deleted tables."""
        with self.transaction():
            for kind in ("items", "changes"):
                for (table_id,) in self._connection.execute(f"SELECT DISTINCT table_id FROM {kind}").fetchall():  # noqa: S608
                    if table_id not in table_ids:
                        self._write(f"DELETE FROM {kind} WHERE table_id = ?", table_id)  # noqa: S608

    def flush(self) -> None:
        """Sync everything to the disk. Raises sqlite3.Error."""
        with self.lock:
            self._connection.execute("PRAGMA wal_checkpoint(FULL)")

    def _write(self, statement: str, *values: str | int) -> None:
        with self.lock:
            if self._depth and not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            self._connection.execute(statement, values)
