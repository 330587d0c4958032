"""One short text that changes whenever what would be deployed does."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

# What `sam build` and `sam deploy` read.
DEPLOYED = ("template.yaml", "observability.yaml", "webhook-receiver.yaml", "samconfig.toml", "functions", "layers")
_NOT_SOURCE = ("__pycache__",)


def source_files(root: Path, names: Iterable[str]) -> Iterator[Path]:
    """The files at and below `names`, in a fixed order, without caches and hidden files."""
    for name in names:
        top = root / name
        candidates = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in candidates:
            hidden = any(part.startswith(".") or part in _NOT_SOURCE for part in path.relative_to(root).parts)
            if path.is_file() and not hidden:
                yield path


def fingerprint(root: Path, extra: Iterable[str]) -> str:
    """Of every deployed file's path and content, and of `extra`: versions, parameters and the like."""
    digest = hashlib.sha256()
    for text in extra:
        _add(digest, text.encode())
    for path in source_files(root, DEPLOYED):
        _add(digest, path.relative_to(root).as_posix().encode())
        _add(digest, path.read_bytes())
    return digest.hexdigest()


def _add(digest: "hashlib._Hash", part: bytes) -> None:
    # With its length, so that no two sequences of parts look the same.
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)
