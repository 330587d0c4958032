"""Local checks of files before anything is sent."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from asset_upload_client import errors, sources
from asset_upload_client.sources import Content

FORM_MAX_BYTES = 50 * 1024 * 1024
"""Larger files are uploaded in parts, if the deployment allows them."""
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
# Python's stand-ins for the bytes of a file name that are not valid in the locale's encoding. They cannot be sent.
_SURROGATES = re.compile("[\ud800-\udfff]")
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class LocalFile:
    """A file that passed the local checks. `sha256` is None if it will be uploaded in parts.

    `changed_ns` is the modification time of a file on disk. `identity` also changes if the file is written and its
    modification time restored, if another file replaces it, and with its permissions and links.
    """

    content: Content
    name: str
    mime: str
    size_bytes: int
    sha256: str | None
    changed_ns: int | None = None
    identity: tuple[int, ...] | None = None

    def require_unchanged(self) -> None:
        """Raise `FileNotReadable` if the file is gone, or has changed since it was inspected."""
        try:
            with self.content.open() as file:
                self.require_same(file)
        except OSError as error:
            raise errors.FileNotReadable(f"{self.content.label} can no longer be read: {error.strerror}") from error

    def was_touched(self) -> bool:
        """Tell whether the file may have changed although `require_unchanged` passes."""
        try:
            with self.content.open() as file:
                return _identity(self.content, file) != self.identity
        except OSError:
            return True

    def require_same(self, file: IO[bytes]) -> None:
        """Raise `FileNotReadable` if `file`, the content opened again, has changed since it was inspected."""
        is_same_size = file.seek(0, os.SEEK_END) == self.size_bytes
        file.seek(0)
        if not is_same_size or _changed_ns(self.content, file) != self.changed_ns:
            raise self.changed()

    def changed(self) -> errors.FileNotReadable:
        return errors.FileNotReadable(f"{self.content.label} changed while it was uploaded")


def inspect(content: Content, name: str | None = None) -> LocalFile:
    """Check a file, to be uploaded under `name` (its own by default).

    A file that fits into a form is read once, for its checksum; of a larger one only the beginning is read.
    Raises the `InvalidFile` errors for files that the service would refuse, before anything is sent.
    """
    name = name or content.name
    if not name:
        raise errors.InvalidArgument("Pass `filename`: bytes and iterators have no name, and it decides the type")
    name = _sendable(name)
    size_bytes = sources.size_of(content)
    try:
        with content.open() as file:
            changed_ns, identity = _changed_ns(content, file), _identity(content, file)
            head = file.read(_HEAD_BYTES)
            mime = _checked(content, name, size_bytes, head)
            if size_bytes > FORM_MAX_BYTES:
                return LocalFile(content, name, mime, size_bytes, None, changed_ns, identity)
            digest = hashlib.sha256(head)
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise sources.not_readable(content, error) from error
    return LocalFile(content, name, mime, size_bytes, digest.hexdigest(), changed_ns, identity)


def _changed_ns(content: Content, file: IO[bytes]) -> int | None:
    return None if content.path is None else os.fstat(file.fileno()).st_mtime_ns


def _identity(content: Content, file: IO[bytes]) -> tuple[int, ...] | None:
    if content.path is None:
        return None
    found = os.fstat(file.fileno())
    # Programs can restore a file's modification time, but not its ctime.
    return found.st_dev, found.st_ino, found.st_ctime_ns


def _checked(content: Content, name: str, size_bytes: int, head: bytes) -> str:
    mime = _named_type(content, name)
    if size_bytes == 0:
        raise errors.EmptyFile(f"{content.label} is empty: it has no bytes")
    if not _begins_as(mime, head):
        raise errors.InvalidFileType(f"Invalid file type: {_called(content, name)} does not start like {mime}")
    return mime


def _sendable(name: str) -> str:
    """Return a name that is valid Unicode: file names are usually UTF-8, whatever the locale."""
    if not _SURROGATES.search(name):
        return name
    try:
        return os.fsencode(name).decode("utf-8", "replace")
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", name)


def is_supported(name: str) -> bool:
    """Tell whether the name has a supported extension."""
    return Path(name).suffix[1:].lower() in _MIME_BY_EXTENSION


def _named_type(content: Content, name: str) -> str:
    if not is_supported(name):
        raise errors.InvalidFileType(
            f"Invalid file type: {_called(content, name)} is not one of {', '.join(SUPPORTED)}"
        )
    return _MIME_BY_EXTENSION[Path(name).suffix[1:].lower()]


def _called(content: Content, name: str) -> str:
    return content.label if content.name == name else name


def _begins_as(mime: str, head: bytes) -> bool:
    """Check the first bytes leniently; the service checks the structure."""
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
