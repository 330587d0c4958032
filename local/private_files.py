"""Secrets of this checkout, in files that only their owner can read."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, make: Callable[[], str]) -> str:
    """Return the text in the file at `path`, creating it on first use. Concurrent callers all get the same text."""
    try:
        return path.read_text()
    except FileNotFoundError:
        _create_once(path, make())
        return path.read_text()


def _create_once(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        # Unlike a rename, a link never replaces: the first of two writers wins, and no reader sees a partial file.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
