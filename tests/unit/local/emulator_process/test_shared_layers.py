"""Layers of functions: unpacked once and shared."""

import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core import lambda_runtime

from local.emulator_process import shared_layers


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    directory = tmp_path / "tmp"
    directory.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    monkeypatch.setattr(lambda_runtime, "zipfile", zipfile)
    shared_layers.install()
    yield directory
    shared_layers.remove()
    assert list(directory.iterdir()) == []


def archive(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w") as written:
        written.writestr("python/module.py", text)
        written.writestr("../../outside.py", text)
    return path


def unpack(path: Path) -> Path:
    """Unpack like MiniStack, into a new directory beside the archive."""
    modules: Any = lambda_runtime
    target = path.with_suffix("")
    target.mkdir()
    with modules.zipfile.ZipFile(str(path)) as opened:
        for name in opened.namelist():
            assert not name.startswith("..")
        opened.extractall(str(target))
    return target


def test_processes_share_a_layer(tmp_path: Path) -> None:
    links = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        links.append(unpack(archive(tmp_path / str(number) / "layer_0.zip", "a = 1")))
    assert {link.resolve() for link in links} == {links[0].resolve()}
    assert (links[2] / "python/module.py").read_text() == "a = 1"


def test_an_edited_layer_is_unpacked_again(tmp_path: Path) -> None:
    first, second = (unpack(archive(tmp_path / f"layer_{n}.zip", f"a = {n}")) for n in range(2))
    assert (first / "python/module.py").read_text() == "a = 0"
    assert (second / "python/module.py").read_text() == "a = 1"


def test_concurrently_started_processes_share_a_layer(tmp_path: Path) -> None:
    paths = [archive(tmp_path / f"layer_{number}.zip", "a = 1") for number in range(8)]
    starting = [threading.Thread(target=unpack, args=(path,)) for path in paths]
    for each in starting:
        each.start()
    for each in starting:
        each.join()
    assert len({path.with_suffix("").resolve() for path in paths}) == 1


def test_only_the_newest_versions_are_kept(tmp_path: Path, temporary: Path) -> None:
    links = [unpack(archive(tmp_path / f"layer_{number}.zip", f"a = {number}")) for number in range(20)]
    assert len(list((temporary / "layers").iterdir())) == 8
    assert all(link.is_dir() for link in links[-7:])


def test_no_archive_member_escapes_the_directory(tmp_path: Path, temporary: Path) -> None:
    link = unpack(archive(tmp_path / "layer_0.zip", "a = 1"))
    assert sorted(path.name for path in link.rglob("*.py")) == ["module.py", "outside.py"]
    assert [path.name for path in temporary.iterdir()] == ["layers"]


def test_function_code_is_not_shared() -> None:
    modules: Any = lambda_runtime
    assert modules.zipfile.BadZipFile is zipfile.BadZipFile
    with pytest.raises(FileNotFoundError):
        modules.zipfile.ZipFile("nowhere/code.zip")
