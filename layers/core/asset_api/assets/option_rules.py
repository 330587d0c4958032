"""Rules for the options of a request, as JSON or form fields, and their encoding as S3 metadata.

Separate from `Options`, so that requests without options do not import them.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from asset_api.assets import filenames
from asset_api.assets.asset import VISIBILITIES, Options, Visibility
from asset_api.platform import errors

MIN_EXPIRY_SECONDS = 60
MAX_EXPIRY_SECONDS = 31_536_000
MAX_TAGS = 10
MAX_TAG_CHARACTERS = 64
# "Working with object metadata", Amazon S3 User Guide: names and values of an object together.
MAX_METADATA_BYTES = 2048
_TAG_PUNCTUATION = frozenset(" ._:/-")
# No tag contains it.
_TAG_SEPARATOR = "\n"
_EXPIRES_IN, _TAGS, _VISIBILITY = "expires-in", "tags", "visibility"


def parse(fields: Mapping[str, Any]) -> Options:
    """Parse the options among `fields`: values from JSON, or strings and lists of strings from a form.

    Raises the 422 that names the invalid field and the reason.
    """
    expires_in, tags, visibility = (fields.get(name) for name in Options._fields)
    return Options(
        None if expires_in is None else parse_expires_in(expires_in),
        () if tags is None else parse_tags(tags),
        "public" if visibility is None else parse_visibility(visibility),
    )


def parse_expires_in(value: Any) -> int:
    """Parse the seconds until an asset expires."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 10:
        value = int(value)
    if type(value) is not int or not MIN_EXPIRY_SECONDS <= value <= MAX_EXPIRY_SECONDS:
        raise errors.invalid_request(
            "expires_in", f"must be an integer from {MIN_EXPIRY_SECONDS} to {MAX_EXPIRY_SECONDS}, in seconds"
        )
    return value


def parse_tags(value: Any) -> tuple[str, ...]:
    """Parse tags into normal form C, without duplicates, in the order sent."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, Sequence) or len(value) > MAX_TAGS:
        raise errors.invalid_request("tags", f"must be a list of at most {MAX_TAGS}")
    return tuple(dict.fromkeys(map(parse_tag, value)))


def parse_tag(value: Any, field_name: str = "tags") -> str:
    """Parse one tag, in normal form C."""
    # Normalizing may add or remove characters, so the length is checked before and after.
    text = unicodedata.normalize("NFC", value) if isinstance(value, str) and len(value) <= 1000 else ""
    if not 0 < len(text) <= MAX_TAG_CHARACTERS:
        raise errors.invalid_request(field_name, f"must have 1 to {MAX_TAG_CHARACTERS} characters each")
    if not all(character in _TAG_PUNCTUATION or _is_letter_or_digit(character) for character in text):
        raise errors.invalid_request(field_name, "may contain letters, digits, spaces and . _ : / - only")
    return text


def parse_visibility(value: Any) -> Visibility:
    """Parse a visibility."""
    for visibility in VISIBILITIES:
        if value == visibility:
            return visibility
    raise errors.invalid_request("visibility", f"must be {' or '.join(VISIBILITIES)}")


def to_metadata(options: Options) -> dict[str, str]:
    """Encode the options as S3 user metadata, which is ASCII on the wire."""
    metadata: dict[str, str] = {}
    if options.expires_in is not None:
        metadata[_EXPIRES_IN] = str(options.expires_in)
    if options.tags:
        metadata[_TAGS] = filenames.to_metadata(_TAG_SEPARATOR.join(options.tags))
    if options.visibility != "public":
        metadata[_VISIBILITY] = options.visibility
    return metadata


def from_metadata(metadata: Mapping[str, str]) -> Options:
    """Reverse `to_metadata`. Raises ValueError for any other metadata."""
    expires_in = metadata.get(_EXPIRES_IN)
    tags = filenames.from_metadata(metadata[_TAGS]) if _TAGS in metadata else None
    return Options(
        int(expires_in) if expires_in else None,
        tuple(tags.split(_TAG_SEPARATOR)) if tags else (),
        "private" if metadata.get(_VISIBILITY) == "private" else "public",
    )


def require_room(metadata: Mapping[str, str]) -> None:
    """Raise the 422 for tags that do not fit into S3's metadata beside the file's name and owner."""
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise errors.invalid_request(
            "tags", "are too long for an upload with this file name: shorten either, or set tags with PATCH later"
        )


def _is_letter_or_digit(character: str) -> bool:
    # Marks count, because many scripts have letters that no single code point expresses.
    return unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd")
