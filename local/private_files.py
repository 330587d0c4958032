"""Secrets of this checkout's own, in files that nobody else on the machine can read."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text kept at `path`, made on first use: the same for everybody, whatever runs at once."""
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
        # A link, unlike a rename, does not replace: the first of two at once wins, and nobody reads a half-written one.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
