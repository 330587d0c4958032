"""The file types the API accepts, and the type that a request declares.

HEIC, AVIF and other relatives of these types are refused: docs/adr/0001-type-detection.md.
"""

from typing import Literal, NamedTuple

from asset_api.platform import errors

Kind = Literal["image", "video"]

MAX_BYTES = 50 * 1024 * 1024
"""The default of the deployment's limit, `Settings.max_upload_bytes`."""
HEAD_BYTES = 65536
"""The part of a file's beginning that inspection reads, in bytes. A shorter head is the whole file."""


class MediaType(NamedTuple):
    """One file type: its IANA media type, image or video, and its file name extensions."""

    mime: str
    kind: Kind
    extensions: tuple[str, ...]


JPEG = MediaType("image/jpeg", "image", ("jpg", "jpeg"))
PNG = MediaType("image/png", "image", ("png",))
GIF = MediaType("image/gif", "image", ("gif",))
WEBP = MediaType("image/webp", "image", ("webp",))
MP4 = MediaType("video/mp4", "video", ("mp4",))
QUICKTIME = MediaType("video/quicktime", "video", ("mov",))

SUPPORTED = (JPEG, PNG, GIF, WEBP, MP4, QUICKTIME)
SUPPORTED_EXTENSIONS = tuple(extension for media_type in SUPPORTED for extension in media_type.extensions)

_BY_EXTENSION = {extension: media_type for media_type in SUPPORTED for extension in media_type.extensions}
_BY_MIME = {media_type.mime: media_type for media_type in SUPPORTED} | {"image/jpg": JPEG}
# Sent by clients that do not know the type: treated as undeclared.
_UNDECLARED = ("", "application/octet-stream", "binary/octet-stream")


def from_mime(mime: str) -> MediaType | None:
    """Look up the supported type with this media type (RFC 9110; parameters are ignored)."""
    return _BY_MIME.get(mime.partition(";")[0].strip().lower())


def declared(filename: str, content_type: str | None) -> MediaType:
    """Determine the type that a request declares, from its content type and file name.

    Raises the 400 `Invalid file type` if neither names a supported type, if either names an unsupported one, or if
    they disagree.
    """
    stem, dot, extension = filename.rpartition(".")
    named = _BY_EXTENSION.get(extension.lower()) if dot else None
    if dot and stem and named is None:
        raise errors.invalid_file_type(f".{extension[:20]} files are not supported", SUPPORTED_EXTENSIONS)
    content_type = (content_type or "").partition(";")[0].strip().lower()
    if content_type in _UNDECLARED:
        if named is None:
            raise errors.invalid_file_type(
                "neither the file name nor the content type names a type", SUPPORTED_EXTENSIONS
            )
        return named
    typed = _BY_MIME.get(content_type)
    if typed is None:
        raise errors.invalid_file_type(f"{content_type[:60]} is not supported", SUPPORTED_EXTENSIONS)
    if named is not None and named is not typed:
        raise errors.invalid_file_type(
            f"the name says {named.mime}, the content type {typed.mime}", SUPPORTED_EXTENSIONS
        )
    return typed
