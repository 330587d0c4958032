"""Layers of functions, unpacked once for all processes that use them.

MiniStack 1.5.33 unpacks every layer again for each process of a function, and deletes those copies one after the other
when it stops: seconds of work at each start of a process with libvips or FFmpeg, and half a minute after Ctrl-C.
"""

import hashlib
import os
import shutil
import tempfile
import threading
import types
import zipfile
from collections.abc import Iterable
from pathlib import Path

from ministack.core import lambda_runtime

# Three layers, and earlier versions of the one under development that a process may still import from.
_KEPT = 8

_unpacking = threading.Lock()


def install() -> None:
    """Have MiniStack link layers instead of unpacking them."""
    lambda_runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": _open})


def remove() -> None:
    """Remove all unpacked layers. Call this only when no process uses them any more."""
    shutil.rmtree(_directory(), ignore_errors=True)


class LayerArchive(zipfile.ZipFile):
    """A layer's archive, as MiniStack handles it."""

    def namelist(self) -> list[str]:
        """Return no names for MiniStack to check, because `extractall` writes nothing outside its directory."""
        return []

    def extractall(
        self,
        path: str | os.PathLike[str] | None = None,
        members: Iterable[object] | None = None,  # noqa: ARG002  always all of them
        pwd: object = None,  # noqa: ARG002  never encrypted
    ) -> None:
        """Link `path`, an empty directory, to the one copy of this layer."""
        link = Path(path or "")
        link.rmdir()
        link.symlink_to(self._unpacked(), target_is_directory=True)

    def _unpacked(self) -> Path:
        """Return the directory with this layer's files, unpacking them on first use."""
        contents = repr([(each.filename, each.CRC, each.file_size) for each in self.infolist()])
        target = _directory() / hashlib.sha256(contents.encode()).hexdigest()
        with _unpacking:
            if not target.exists():
                _remove_the_oldest()
                incomplete = Path(tempfile.mkdtemp(dir=_directory()))
                super().extractall(incomplete, [each.filename for each in self.infolist()])
                incomplete.rename(target)
            os.utime(target)
        return target


def _open(path: str) -> zipfile.ZipFile:
    return (LayerArchive if Path(path).name.startswith("layer_") else zipfile.ZipFile)(path)


def _directory() -> Path:
    directory = Path(tempfile.gettempdir(), "layers")
    directory.mkdir(exist_ok=True)
    return directory


def _remove_the_oldest() -> None:
    unpacked = sorted(_directory().iterdir(), key=lambda each: each.stat().st_mtime)
    for each in unpacked[: max(0, len(unpacked) + 1 - _KEPT)]:
        shutil.rmtree(each)
