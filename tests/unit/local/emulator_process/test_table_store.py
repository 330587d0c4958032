"""The store of tables: transactions are durable when its process is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator_process.table_store import TableStore

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TableStore]:
    opened = TableStore(tmp_path / "tables.sqlite")
    yield opened
    opened.close()


def reopened(path: Path) -> TableStore:
    return TableStore(path / "tables.sqlite")


def item(text: str) -> dict[str, dict[str, str]]:
    return {"filename": {"S": text}}


def test_items_are_found_by_table_and_key(store: TableStore, tmp_path: Path) -> None:
    store.put("t1", "alice", "asset#1", item("a.png"))
    store.put("t1", "alice", "asset#2", item("ü\n\N{GRINNING FACE}"))
    store.put("t1", "alice", "asset#1", item("b.png"))
    store.put("t2", "alice", "asset#1", item("other table"))
    store.put("t1", "bob", "asset#3", item("gone"))
    store.remove("t1", "bob", "asset#3")
    store.close()
    again = reopened(tmp_path)
    assert not again.is_new
    assert again.items("t1") == {"alice": {"asset#1": item("b.png"), "asset#2": item("ü\n\N{GRINNING FACE}")}}
    again.close()


def test_a_replaced_table_contains_only_the_new_items(store: TableStore) -> None:
    store.put("t", "alice", "old", item("a"))
    store.replace_all("t", {"bob": {"new": item("b")}})
    assert store.items("t") == {"bob": {"new": item("b")}}


def test_changes_keep_their_positions(store: TableStore) -> None:
    for position in range(5):
        store.append_change("t", position, {"n": position})
    store.forget_changes_before("t", 3)
    assert store.changes("t") == [(3, {"n": 3}), (4, {"n": 4})]


def test_the_latest_position_of_each_reader_is_kept(store: TableStore) -> None:
    store.save_positions({("1", "us-east-1", "a"): 1, ("1", "us-east-1", "b"): 2})
    store.save_positions({("1", "us-east-1", "a"): 7})
    assert store.positions() == {("1", "us-east-1", "a"): 7, ("1", "us-east-1", "b"): 2}


def test_deleted_tables_are_forgotten(store: TableStore) -> None:
    for table in ("kept", "deleted"):
        store.put(table, "alice", "a", item("a"))
        store.append_change(table, 0, {})
    store.keep_only({"kept"})
    assert store.items("kept")
    assert store.changes("kept")
    assert not store.items("deleted")
    assert not store.changes("deleted")


KILLED_IN_A_TRANSACTION = """
import os, signal, sys
from pathlib import Path
from local.emulator_process.table_store import TableStore

store = TableStore(Path(sys.argv[1]) / "tables.sqlite")
for number in range(200):
    with store.transaction():
        store.put("t", "alice", f"asset#{number}", {})
        store.put("t", "alice", f"tombstone#{number}", {})
        store.append_change("t", number, {})
with store.transaction():
    store.put("t", "alice", "half", {})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_transactions_are_atomic_and_durable_across_a_kill(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED_IN_A_TRANSACTION, str(tmp_path)], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGKILL
    store = reopened(tmp_path)
    kept = store.items("t")["alice"]
    assert len(kept) == 400
    assert "half" not in kept
    assert len(store.changes("t")) == 200
    store.close()


def test_a_transaction_that_raises_keeps_its_writes(store: TableStore) -> None:
    # Like MiniStack's tables in memory, with which the store must agree.
    def fail_halfway() -> None:
        with store.transaction():
            store.put("t", "alice", "a", item("a"))
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail_halfway()
    assert store.items("t") == {"alice": {"a": item("a")}}


def test_flushed_tables_are_in_the_main_database_file(store: TableStore, tmp_path: Path) -> None:
    store.put("t", "alice", "a", item("here"))
    store.flush()
    assert b"here" in (tmp_path / "tables.sqlite").read_bytes()
