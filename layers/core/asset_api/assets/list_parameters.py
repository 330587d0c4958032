"""Query parameters of every list: limit and cursor."""

import base64
import binascii
from collections.abc import Mapping

from asset_api.assets import asset_ids
from asset_api.platform import errors

DEFAULT_LIMIT = 50
MAX_LIMIT = 100


def parse_limit(query: Mapping[str, str]) -> int:
    """Parse the length of a page. Raises the 422."""
    return integer_parameter(query, "limit", default=DEFAULT_LIMIT, smallest=1, largest=MAX_LIMIT)


def parse_cursor(query: Mapping[str, str]) -> str | None:
    """Parse the id after which the page starts; None for the first page. Raises the 422."""
    return decode_cursor(query["cursor"]) if query.get("cursor") else None


def encode_cursor(asset_id: str) -> str:
    """Encode a cursor, which is opaque to clients so that its content can change."""
    return base64.urlsafe_b64encode(asset_id.encode()).decode()


def decode_cursor(cursor: str) -> str:
    """Decode the id in a cursor. Raises the 422 for one that this API did not issue."""
    try:
        asset_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_request("cursor", "must be the next_cursor of an earlier page") from error
    if not asset_ids.is_asset_id(asset_id):
        raise errors.invalid_request("cursor", "must be the next_cursor of an earlier page")
    return asset_id


def integer_parameter(query: Mapping[str, str], name: str, *, default: int, smallest: int, largest: int) -> int:
    """Parse an integer parameter of a query string. Raises the 422 if it is not an integer, or out of range."""
    text = query.get(name)
    if text is None:
        return default
    # isdecimal alone accepts the digits of every script; int() alone accepts "1_0" and " 1".
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and smallest <= int(text) <= largest):
        raise errors.invalid_request(name, f"must be an integer from {smallest} to {largest}")
    return int(text)
