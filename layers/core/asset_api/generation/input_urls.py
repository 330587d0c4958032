"""The URLs within a model's input: which are meant as such, which are allowed, which name an asset of this service."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from asset_api.assets import asset_ids
from asset_api.assets.public_urls import public_path
from asset_api.platform import errors

# With an authority, whatever the scheme; and what needs none. "Data: the robot waves" is a prompt.
_LOOKS_LIKE_URL = re.compile(
    r"\s*([a-z][a-z0-9+.-]*://|data:[^\s,;]*[,;]|file:/|blob:|(java|vb)script:\S)", re.IGNORECASE
)
_PORTS = {"http": 80, "https": 443}
_ASSET_ID_CHARACTERS = 36


def walk(value: Any, field_name: str = "input") -> Iterator[tuple[str, str]]:
    """Each string within `value`, with the name of the field it stands in."""
    if isinstance(value, str):
        yield field_name, value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from walk(child, f"{field_name}.{name}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, f"{field_name}.{index}")


def urls(model_input: Any) -> list[tuple[str, SplitResult]]:
    """The URLs and their fields' names. Raises the 422 for one that is not of http or https, or malformed."""
    found = []
    for field_name, text in walk(model_input):
        if not _LOOKS_LIKE_URL.match(text):
            continue
        try:
            url = urlsplit(text.strip())
            is_allowed = url.scheme in _PORTS and bool(url.hostname) and url.port != 0
        except ValueError:
            is_allowed = False
        if not is_allowed:
            raise errors.invalid_request(field_name[:100], "a URL must be a well-formed http or https URL")
        found.append((field_name, url))
    return found


def asset_id_at(url: SplitResult, base_url: str) -> str | None:
    """The asset that a URL on this service's own host names; "" where it names none there; None for another host."""
    own = urlsplit(base_url)
    if url.hostname != own.hostname or _port(url) != _port(own):
        return None
    asset_id = url.path[-_ASSET_ID_CHARACTERS:].lower()
    is_asset = asset_ids.is_asset_id(asset_id) and url.path.lower() == public_path(asset_id)
    return asset_id if is_asset else ""


def _port(url: SplitResult) -> int:
    return url.port or _PORTS[url.scheme]
