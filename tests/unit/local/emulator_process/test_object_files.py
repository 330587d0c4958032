"""Repair of S3 files after the emulator was killed."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from local.emulator_process.object_files import UnsyncedFiles, repair

BUCKET = Path("000000000000/a-bucket")


def write(objects: Path, key: str, body: bytes, **meta: Any) -> Path:
    """Write an object like MiniStack: its bytes first."""
    path = objects / BUCKET / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    described = {"size": len(body), "etag": f'"{etag}"', "content_type": "image/png", "version_id": None, **meta}
    sidecar_of(path).write_text(json.dumps(described))
    return path


def sidecar_of(path: Path) -> Path:
    return path.with_name(path.name + ".meta.json")


def make_torn(path: Path, body: bytes) -> None:
    """Leave new bytes with the old metadata, like a process killed between the two writes."""
    path.write_bytes(body)
    before = path.stat().st_mtime_ns - 1_000_000
    os.utime(sidecar_of(path), ns=(before, before))


def test_complete_objects_and_delete_markers_are_unchanged(tmp_path: Path) -> None:
    whole = write(tmp_path, "uploads/a", b"bytes")
    deleted = write(tmp_path, "uploads/b", b"bytes", is_delete_marker=True)
    os.utime(sidecar_of(deleted), ns=(0, 0))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    repair(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert whole in before


def test_bytes_without_metadata_are_removed(tmp_path: Path) -> None:
    path = write(tmp_path, "uploads/a", b"bytes")
    sidecar_of(path).unlink()
    repair(tmp_path)
    assert not path.exists()


def test_drafts_are_removed(tmp_path: Path) -> None:
    path = write(tmp_path, "uploads/a", b"bytes")
    drafts = [path.with_name("a.tmp"), path.with_name("a.meta.json.tmp")]
    for draft in drafts:
        draft.write_bytes(b"half")
    repair(tmp_path)
    assert path.exists()
    assert not any(draft.exists() for draft in drafts)


@pytest.mark.parametrize("replacement", [b"longer bytes", b"BYTES"], ids=["other size", "same size"])
def test_an_inconsistent_unversioned_object_gets_metadata_of_its_bytes(tmp_path: Path, replacement: bytes) -> None:
    path = write(tmp_path, "uploads/a", b"bytes")
    make_torn(path, replacement)
    repair(tmp_path)
    assert path.read_bytes() == replacement
    meta = json.loads(sidecar_of(path).read_text())
    assert meta["size"] == len(replacement)
    assert meta["etag"] == f'"{hashlib.md5(replacement, usedforsecurity=False).hexdigest()}"'
    assert meta["content_type"] == "image/png"


def test_an_inconsistent_versioned_object_is_restored(tmp_path: Path) -> None:
    path = write(tmp_path, "uploads/a", b"first", version_id="v1")
    version = tmp_path / ".versions" / BUCKET / "v1" / "uploads" / "a"
    version.parent.mkdir(parents=True)
    version.write_bytes(b"first")
    make_torn(path, b"second, never acknowledged")
    repair(tmp_path)
    assert path.read_bytes() == b"first"
    assert json.loads(sidecar_of(path).read_text())["version_id"] == "v1"


def test_repair_is_idempotent(tmp_path: Path) -> None:
    path = write(tmp_path, "uploads/a", b"bytes")
    make_torn(path, b"other bytes")
    repair(tmp_path)
    before = sidecar_of(path).stat().st_mtime_ns
    repair(tmp_path)
    assert sidecar_of(path).stat().st_mtime_ns == before


def test_repairing_an_empty_store_does_nothing(tmp_path: Path) -> None:
    repair(tmp_path / "objects")
    assert list(tmp_path.iterdir()) == []


def test_written_files_and_their_folders_are_synced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(Path(f"/dev/fd/{descriptor}").resolve()))
    files = UnsyncedFiles()

    def write(path: str, data: bytes) -> None:
        Path(path).write_bytes(data)

    write_file = files.watch(write)
    write_file(str(tmp_path / "a"), b"1")
    write_file(str(tmp_path / "deleted meanwhile"), b"2")
    (tmp_path / "deleted meanwhile").unlink()
    files.sync()
    assert synced == [tmp_path, tmp_path / "a"]
    files.sync()
    assert len(synced) == 2
