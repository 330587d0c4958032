"""File names: any Unicode, nothing harmful, and the headers that carry them."""

import base64
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

MAX_CHARACTERS = 255
# With folders, as some browsers have sent it. No more of a name is looked at: each character costs time to clean.
MAX_SENT_CHARACTERS = 4096
# Embeddings and overrides of text direction make `gpj.exe` read as `exe.jpg`.
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# S3 allows 2 KB of system metadata per object, including Content-Disposition.
_MAX_ENCODED_BYTES = 1200
_MAX_EXTENSION_CHARACTERS = 8


def clean(name: str) -> str:
    """`name` without folders, control characters and surrounding space. May be empty."""
    basename = name.replace("\\", "/").rpartition("/")[2]
    kept = (c for c in basename if unicodedata.category(c) not in ("Cc", "Cs") and c not in _DIRECTION_CONTROLS)
    return "".join(kept).strip()


def with_type(name: str, extensions: Sequence[str]) -> str:
    """Return a cleaned `name` without leading dots, and with the first of `extensions` if it has none.

    A download is then never a hidden file, and its name says what it is. Empty if nothing but dots is left.
    """
    shown = name.lstrip(". ")
    stem, dot, _ = shown.rpartition(".")
    if not shown or (dot and stem):
        return shown
    extension = f".{extensions[0]}"
    return shown[: MAX_CHARACTERS - len(extension)] + extension


def content_disposition(name: str) -> str:
    """`inline` with the file name by RFC 6266, appendix D: in ASCII, and in UTF-8 too if ASCII cannot express it."""
    fallback = name.encode("ascii", "replace").decode().replace("?", "_").replace("\\", "_").replace('"', "_")
    header = f'inline; filename="{fallback.replace("%", "_")}"'
    if fallback == name and "%" not in name:
        return header
    return f"{header}; filename*=UTF-8''{quote(_shortened(name), safe='')}"


def to_metadata(text: str) -> str:
    """`text` as S3 user metadata, which is ASCII on the wire: unpadded base64url of its UTF-8."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_metadata(value: str) -> str | None:
    """Reverse `to_metadata`; None if `value` does not come from it."""
    try:
        return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True).decode()
    except ValueError:  # not base64, not ASCII, or not UTF-8
        return None


def _shortened(name: str) -> str:
    """The name's beginning and its extension, short enough for a header."""
    stem, dot, extension = name.rpartition(".")
    ending = dot + extension if stem and len(extension) <= _MAX_EXTENSION_CHARACTERS else ""
    stem = name.removesuffix(ending)
    while len(quote(stem + ending, safe="")) > _MAX_ENCODED_BYTES:
        stem = stem[:-1]
    return stem + ending
