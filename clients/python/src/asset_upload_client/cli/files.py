"""Files on a command line: folders, patterns that the shell did not expand, and standard input."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asset_upload_client.errors import FileNotReadable
from asset_upload_client.local_files import is_supported
from asset_upload_client.uploads import UploadOutcome

STANDARD_INPUT = "-"


@dataclass
class Expansion:
    """The files to upload, in order, and the arguments that failed."""

    paths: list[Path] = field(default_factory=list)
    failures: list[UploadOutcome] = field(default_factory=list)
    skipped: int = 0
    """Files in folders whose names end with no supported extension."""


def expand(arguments: Sequence[str], *, recursive: bool) -> Expansion:
    """Replace folders with the supported files in them, and patterns with their matches. Hidden files are skipped.

    Without `recursive`, subfolders are skipped too.
    """
    found = Expansion()
    for argument in arguments:
        matches = _matches(argument)
        if not matches:
            found.failures.append(_failed(Path(argument), "no file matches it"))
        for path in matches:
            if path.is_dir():
                _add_folder(path, found, recursive=recursive)
            else:
                found.paths.append(path)
    found.paths = list(dict.fromkeys(found.paths))
    return found


def _matches(argument: str) -> list[Path]:
    # A file may be named `a[1].png`.
    if not glob.has_magic(argument) or Path(argument).exists():
        return [Path(argument)]
    return [Path(match) for match in sorted(glob.glob(argument, recursive=True))]  # noqa: PTH207 - absolute ones, too


def _add_folder(folder: Path, found: Expansion, *, recursive: bool) -> None:
    before = len(found.paths)
    for path in _files_in(folder, recursive=recursive):
        if is_supported(path.name):
            found.paths.append(path)
        else:
            found.skipped += 1
    if len(found.paths) == before:
        advice = "" if recursive else "; --recursive looks into its folders, too"
        found.failures.append(_failed(folder, f"the folder has no images or videos{advice}"))


def _files_in(folder: Path, *, recursive: bool) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.name.startswith("."):
            continue
        if path.is_dir():
            # A link to a parent folder would never end.
            if recursive and not path.is_symlink():
                yield from _files_in(path, recursive=True)
        else:
            yield path


def _failed(path: Path, message: str) -> UploadOutcome:
    return UploadOutcome(path, error=FileNotReadable(f"{path}: {message}"))
