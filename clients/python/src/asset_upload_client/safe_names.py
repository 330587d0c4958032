"""File names that are safe to write, because neither the server nor the uploader is trusted with them."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path

_EXTENSIONS_BY_MIME = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "video/mp4": ("mp4",),
    "video/quicktime": ("mov",),
}
_FALLBACK_STEM = "download"
_FALLBACK_EXTENSION = "bin"
# Reserved in Windows file names ("Naming Files, Paths, and Namespaces", Microsoft Learn).
_RESERVED_CHARACTERS = re.compile(r'[<>:"|?*]')
_RESERVED_STEMS = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
# Joiners and non-joiners in Persian words and emoji.
_JOINERS = "\u200c\u200d"
# Controls, invisible formatting such as text direction overrides, lone surrogates, and line separators.
_REMOVED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# File systems take 255 bytes; a number such as " (12)" must still fit.
_MAX_BYTES = 240


def safe_name(name: str, content_type: str) -> str:
    """Return `name` as a plain file name that ends with an extension of `content_type`.

    Folders, control characters, leading dots and names that are reserved on Windows are removed. Types that the service
    does not publish get the extension `bin`.
    """
    basename = name.replace("\\", "/").rpartition("/")[2]
    visible = "".join(c for c in basename if is_visible(c))
    cleaned = _RESERVED_CHARACTERS.sub("_", visible).strip(" .")
    stem, extension = _split(cleaned, content_type)
    if not stem or _RESERVED_STEMS.fullmatch(stem):
        stem = f"{_FALLBACK_STEM}-{stem}" if stem else _FALLBACK_STEM
    while len(f"{stem}.{extension}".encode()) > _MAX_BYTES:
        stem = stem[:-1]
    return f"{stem}.{extension}"


def is_visible(character: str) -> bool:
    """Return False for characters that control a terminal, or change how the surrounding text is displayed."""
    return character in _JOINERS or unicodedata.category(character) not in _REMOVED_CATEGORIES


def numbered(path: Path) -> Iterator[Path]:
    """Yield `photo.jpg`, `photo (1).jpg`, `photo (2).jpg` and so on."""
    yield path
    for number in count(1):
        yield path.with_name(f"{path.stem} ({number}){path.suffix}")


def _split(name: str, content_type: str) -> tuple[str, str]:
    """Return the stem and the type's extension; an extension of another type becomes part of the stem."""
    allowed = _EXTENSIONS_BY_MIME.get(content_type.partition(";")[0].strip().lower(), (_FALLBACK_EXTENSION,))
    stem, dot, extension = name.rpartition(".")
    if dot and stem and extension.lower() in allowed:
        return stem, extension
    return name, allowed[0]
