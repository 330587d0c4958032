"""The name of an imported file: from the client, else from its host, else from the end of the URL's path."""

from collections.abc import Iterable
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import unquote

from asset_api.assets import filenames
from asset_api.media import file_types
from asset_api.media.file_types import MediaType
from asset_api.platform import errors
from asset_api.platform.locations import Location

_UNNAMED = "import"
# Longer suffixes, and digits alone, are part of the name: "release-1.2", "st.petersburg".
_MAX_EXTENSION_CHARACTERS = 5


def requested(filename: str) -> str:
    """Sanitize the client's own name. Raises the 422 if it is empty or too long, and the 400 for its extension."""
    cleaned = filenames.clean(filename[: filenames.MAX_SENT_CHARACTERS])
    if not cleaned.strip(". "):
        raise errors.invalid_request("filename", "must name the file")
    if len(cleaned) > filenames.MAX_CHARACTERS or len(filename) > filenames.MAX_SENT_CHARACTERS:
        raise errors.invalid_request("filename", f"must have at most {filenames.MAX_CHARACTERS} characters")
    stem, dot, _ = cleaned.rpartition(".")
    if dot and stem:
        file_types.declared(cleaned, None)
    return cleaned


def name_of(media_type: MediaType, *, filename: str | None, content_disposition: str | None, location: Location) -> str:
    """Choose the file's name, with an extension of its type.

    Raises the 400 if the client's own `filename` has the extension of another type.
    """
    if filename is not None:
        file_types.declared(filename, media_type.mime)
        return filenames.with_type(filename, media_type.extensions)
    path = location.target.partition("?")[0]
    header = (content_disposition or "")[: filenames.MAX_SENT_CHARACTERS]
    for candidate in (_of_header(header), unquote(path.rpartition("/")[2], errors="replace")):
        name = filenames.clean(candidate[: filenames.MAX_SENT_CHARACTERS]).lstrip(". ")
        if name.strip(". "):
            return _typed(name, media_type)
    return _typed(_UNNAMED, media_type)


def _of_header(content_disposition: str) -> str:
    """Parse the file name in a Content-Disposition (RFC 6266); empty if there is none."""
    message = Message()
    try:
        # HTTP libraries read headers as Latin-1, and many hosts send plain UTF-8.
        text = content_disposition.encode("latin-1").decode()
    except UnicodeError:
        text = content_disposition
    message["Content-Disposition"] = text
    names = [value for name, value in _parameters(message) if name.lower() == "filename"]
    # RFC 6266 prefers the encoded form, in any order.
    try:
        return next(
            (collapse_rfc2231_value(name) for name in names if isinstance(name, tuple)), names[0] if names else ""
        )
    except UnicodeError:  # some of Python's codecs, such as "idna" and "undefined", always raise it
        return ""


def _parameters(message: Message) -> Iterable[tuple[str, Any]]:
    try:
        return message.get_params([], header="Content-Disposition")
    except ValueError:  # a continuation numbered with too many digits
        return ()


def _typed(name: str, media_type: MediaType) -> str:
    stem, dot, extension = name.rpartition(".")
    if dot and stem and extension.lower() in media_type.extensions:
        kept = stem
    else:
        is_extension = extension.isalnum() and not extension.isdecimal() and len(extension) <= _MAX_EXTENSION_CHARACTERS
        kept = stem if dot and stem and is_extension else name
        extension = media_type.extensions[0]
    return f"{kept[: filenames.MAX_CHARACTERS - len(extension) - 1]}.{extension}"
