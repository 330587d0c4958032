"""URLs in a model's input: which text is a URL, which URLs are allowed, and which name the owner's assets."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from asset_api.assets import asset_ids
from asset_api.assets.public_urls import public_path
from asset_api.platform import errors

# Any scheme with an authority, and the schemes that need none. "Data: the robot waves" is a prompt.
_LOOKS_LIKE_URL = re.compile(
    r"\s*([a-z][a-z0-9+.-]*://|data:[^\s,;]*[,;]|file:/|blob:|(java|vb)script:\S)", re.IGNORECASE
)
_PORTS = {"http": 80, "https": 443}
_ASSET_ID_CHARACTERS = 36
_MAX_OWN_ASSETS = 10
_MAX_FIELD_CHARACTERS = 100  # the client may have made up the name


class OwnAsset(NamedTuple):
    """An asset of this service, and the name of the input field whose URL names it."""

    field_name: str
    asset_id: str
    is_signed: bool = False
    """Tells whether the URL has a signature that lets anyone read it, even if it is private."""


def walk_strings(value: Any, field_name: str = "input") -> Iterator[tuple[str, str]]:
    """Yield each string within `value`, with the name of its field."""
    if isinstance(value, str):
        yield field_name, value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield from walk_strings(child, f"{field_name}.{name}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk_strings(child, f"{field_name}.{index}")


def urls(model_input: Any) -> list[tuple[str, SplitResult]]:
    """Find the URLs and their fields' names. Raises the 422 for one that is malformed, or neither http nor https."""
    found = []
    for field_name, text in walk_strings(model_input):
        if not _LOOKS_LIKE_URL.match(text):
            continue
        try:
            url = urlsplit(text.strip())
            is_allowed = url.scheme in _PORTS and bool(url.hostname) and url.port != 0
        except ValueError:
            is_allowed = False
        if not is_allowed:
            raise errors.invalid_request(
                field_name[:_MAX_FIELD_CHARACTERS], "a URL must be a well-formed http or https URL"
            )
        found.append((field_name[:_MAX_FIELD_CHARACTERS], url))
    return found


def own_assets(model_input: Any, base_url: str, is_signed: Callable[[SplitResult], bool]) -> list[OwnAsset]:
    """Find the assets of this service that the input's URLs name; `is_signed` tells whether a URL is signed.

    Raises the 400 for a URL on this service's host that is not an asset's, and the 422 for too many assets and for a
    URL that is not allowed.
    """
    own = urlsplit(base_url)
    found = [
        _own_asset(field_name, url, is_signed)
        for field_name, url in urls(model_input)
        if (url.hostname, _port(url)) == (own.hostname, _port(own))
    ]
    if len({asset.asset_id for asset in found}) > _MAX_OWN_ASSETS:
        raise errors.invalid_request("input", f"names more than {_MAX_OWN_ASSETS} assets")
    return found


def _own_asset(field_name: str, url: SplitResult, is_signed: Callable[[SplitResult], bool]) -> OwnAsset:
    if url.query and is_signed(url):
        # A signed URL may also be a rendition's.
        from asset_api.assets.signed_urls import asset_id_of

        if asset_id := asset_id_of(url.path):
            return OwnAsset(field_name, asset_id, is_signed=True)
    return OwnAsset(field_name, _asset_id(field_name, url))


def _asset_id(field_name: str, url: SplitResult) -> str:
    asset_id = url.path[-_ASSET_ID_CHARACTERS:].lower()
    if not asset_ids.is_asset_id(asset_id) or url.path.lower() != public_path(asset_id):
        raise errors.input_asset_not_found(field_name)
    return asset_id


def _port(url: SplitResult) -> int:
    return url.port or _PORTS[url.scheme]
