"""Type detection by content alone, never by file name or declared type.

A signature is cheap to forge (`GIF89a=1;/*` is a script), and refused formats share signatures with accepted ones (HEIC
and 3GP use MP4's container). So each type is recognized by its structure, up to its first picture or its index.
docs/adr/0001-type-detection.md explains why no library does this.
"""

from typing import NamedTuple

from asset_api.media import file_types, images
from asset_api.media.file_types import GIF, HEAD_BYTES, JPEG, PNG, WEBP, MediaType
from asset_api.media.images import Size
from asset_api.media.movies import movie
from asset_api.media.reader import EndOfFile, InMemory, MalformedFile, Reader
from asset_api.platform import errors

_IMAGES = {JPEG: images.jpeg, PNG: images.png, GIF: images.gif, WEBP: images.webp}


class DetectedFile(NamedTuple):
    """A file's type and displayed size; None if the file states no size, or a side of 0."""

    media_type: MediaType
    size: Size | None


def inspect(file: Reader, declared: MediaType, max_bytes: int = file_types.MAX_BYTES) -> Size | None:
    """Check that a file has its declared type, and return its displayed width and height in pixels.

    Reads the first 64 KiB, and more if the size comes later. Raises the 400 `Empty file`, `File too large` or
    `Invalid file type`.
    """
    if file.size == 0:
        raise errors.empty_file()
    if file.size > max_bytes:
        raise errors.file_too_large(max_bytes)
    try:
        found = detect_file(file)
    except MalformedFile as error:
        raise errors.invalid_file_type(str(error), file_types.SUPPORTED_EXTENSIONS) from error
    if found is None or found.media_type is not declared:
        actual = f"those of {found.media_type.mime}" if found else f"not those of {declared.mime}"
        why = f"declared as {declared.mime}, but the bytes are {actual}"
        raise errors.invalid_file_type(why, file_types.SUPPORTED_EXTENSIONS)
    return found.size


def detect_file(file: Reader) -> DetectedFile | None:
    """Detect the type and size of a whole file.

    Returns None for any other type, and for a file cut off before its first picture or within its index. Raises
    `UnreasonableFile` for a file crafted to be slow.
    """
    return _detect(file, has_more=False)


def detect(head: bytes) -> MediaType | None:
    """Detect a file's type from its first `HEAD_BYTES` bytes, or from all of it if it is shorter.

    If the file may be longer than `head`, a plausible beginning is enough.
    """
    head = head[:HEAD_BYTES]
    try:
        found = _detect(Reader(InMemory(head), len(head)), has_more=len(head) == HEAD_BYTES)
    except MalformedFile:
        return None
    return found and found.media_type


def _detect(file: Reader, *, has_more: bool) -> DetectedFile | None:
    for media_type, follow in _IMAGES.items():
        try:
            size = follow(file)
        except EndOfFile:
            return DetectedFile(media_type, None) if has_more else None
        if size:
            return DetectedFile(media_type, size if all(size) else None)
    video = movie(file, has_more=has_more)
    return video and DetectedFile(video.media_type, video.size if video.size and all(video.size) else None)
