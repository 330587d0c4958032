"""A hash of everything that a deploy depends on."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

# The files and directories that `sam build` and `sam deploy` read.
DEPLOYED = ("template.yaml", "observability.yaml", "webhook-receiver.yaml", "samconfig.toml", "functions", "layers")
_NOT_SOURCE = ("__pycache__",)


def source_files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """Yield the files at and below `names` in a fixed order, without caches and hidden files."""
    for name in names:
        top = root / name
        candidates = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in candidates:
            hidden = any(part.startswith(".") or part in _NOT_SOURCE for part in path.relative_to(root).parts)
            if path.is_file() and not hidden:
                yield path


def fingerprint(root: Path, extra: Iterable[str]) -> str:
    """Hash the path and content of every deployed file, and `extra`: versions, parameters and the like."""
    digest = hashlib.sha256()
    for text in extra:
        _add(digest, text.encode())
    for path in source_files(root, DEPLOYED):
        _add(digest, path.relative_to(root).as_posix().encode())
        _add(digest, path.read_bytes())
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", part: bytes) -> None:
    # The length keeps different sequences of parts from hashing alike.
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)
