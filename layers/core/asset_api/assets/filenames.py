"""File names: any Unicode, made harmless, and the headers that contain them."""

import base64
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

MAX_CHARACTERS = 255
# Including folders, which some browsers send. The rest is ignored, because each character costs time to sanitize.
MAX_SENT_CHARACTERS = 4096
# Embeddings and overrides of text direction make `gpj.exe` read as `exe.jpg`.
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# S3 allows 2 KB of system metadata per object, including Content-Disposition.
_MAX_ENCODED_BYTES = 1200
_MAX_EXTENSION_CHARACTERS = 8


def clean(name: str) -> str:
    """Remove folders, control characters and surrounding space from `name`. The result may be empty."""
    basename = name.replace("\\", "/").rpartition("/")[2]
    kept = (c for c in basename if unicodedata.category(c) not in ("Cc", "Cs") and c not in _DIRECTION_CONTROLS)
    return "".join(kept).strip()


def with_type(name: str, extensions: Sequence[str]) -> str:
    """Remove leading dots from a cleaned `name`, and add the first of `extensions` if it has none.

    So a download is never a hidden file, and its name shows its type. The result may be empty.
    """
    shown = name.lstrip(". ")
    stem, dot, _ = shown.rpartition(".")
    if not shown or (dot and stem):
        return shown
    extension = f".{extensions[0]}"
    return shown[: MAX_CHARACTERS - len(extension)] + extension


def content_disposition(name: str) -> str:
    """Build `inline` with the file name (RFC 6266, appendix D): in ASCII, and also in UTF-8 if needed."""
    fallback = name.encode("ascii", "replace").decode().replace("?", "_").replace("\\", "_").replace('"', "_")
    header = f'inline; filename="{fallback.replace("%", "_")}"'
    if fallback == name and "%" not in name:
        return header
    return f"{header}; filename*=UTF-8''{quote(_shortened(name), safe='')}"


def to_metadata(text: str) -> str:
    """Encode `text` for S3 user metadata, which is ASCII on the wire: unpadded base64url of its UTF-8."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_metadata(value: str) -> str | None:
    """Reverse `to_metadata`; None for any other value."""
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:  # not base64, not ASCII, or not UTF-8
        return None


def _shortened(name: str) -> str:
    """Shorten the name for a header, keeping its beginning and its extension."""
    stem, dot, extension = name.rpartition(".")
    ending = dot + extension if stem and len(extension) <= _MAX_EXTENSION_CHARACTERS else ""
    stem = name.removesuffix(ending)
    while len(quote(stem + ending, safe="")) > _MAX_ENCODED_BYTES:
        stem = stem[:-1]
    return stem + ending
