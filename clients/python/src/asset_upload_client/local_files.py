"""Files on this machine: what can be known of one before any of it is sent."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from asset_upload_client import errors

MAX_BYTES = 50 * 1024 * 1024
DIRECT_MAX_BYTES = 4 * 1024 * 1024
"""Larger files use an upload form."""

_MIME_BY_EXTENSION = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
}
SUPPORTED = tuple(_MIME_BY_EXTENSION)
_HEAD_BYTES = 16
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class LocalFile:
    """A file that passed the local checks."""

    path: Path
    name: str
    mime: str
    size_bytes: int
    sha256: str


def inspect(path: Path, name: str | None = None) -> LocalFile:
    """Check the file at `path`, to be uploaded under `name` (its own by default). Reads it once, in chunks.

    Raises the `InvalidFile` errors for files that the service would refuse, before anything is sent.
    """
    name = name or path.name
    digest = hashlib.sha256()
    try:
        size_bytes = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            mime = _checked(name, size_bytes, head)
            digest.update(head)
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise errors.FileNotReadable(f"{path} cannot be read: {error.strerror}") from error
    return LocalFile(path, name, mime, size_bytes, digest.hexdigest())


def _checked(name: str, size_bytes: int, head: bytes) -> str:
    mime = _named_type(name)
    if size_bytes == 0:
        raise errors.EmptyFile(f"{name} is empty: it has no bytes")
    if size_bytes > MAX_BYTES:
        raise errors.FileTooLarge(f"{name} has {size_bytes:,} bytes; the limit is {MAX_BYTES:,} (50 MB)")
    if not _begins_as(mime, head):
        raise errors.InvalidFileType(f"Invalid file type: {name} does not start like {mime}")
    return mime


def _named_type(name: str) -> str:
    extension = Path(name).suffix[1:].lower()
    if extension not in _MIME_BY_EXTENSION:
        raise errors.InvalidFileType(f"Invalid file type: {name} is not one of {', '.join(SUPPORTED)}")
    return _MIME_BY_EXTENSION[extension]


def _begins_as(mime: str, head: bytes) -> bool:
    """Check the first bytes, leniently: the service decides by structure."""
    if mime == "image/jpeg":
        return head.startswith(b"\xff\xd8\xff")
    if mime == "image/png":
        return head.startswith(b"\x89PNG\r\n\x1a\n")
    if mime == "image/gif":
        return head.startswith((b"GIF87a", b"GIF89a"))
    if mime == "image/webp":
        return head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if mime == "video/mp4":
        return head[4:8] == b"ftyp"
    # QuickTime files from before the ftyp box begin with any atom (QuickTime File Format, "Movie atoms").
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"PICT")
