"""The list's parameters and pages, as clients send and see them."""

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from asset_api.assets import asset_ids, public_urls
from asset_api.assets.catalog import Asset, Page
from asset_api.platform import errors

if TYPE_CHECKING:
    from asset_api.media.file_types import Kind

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_MAX_OFFSET = 2**31 - 1  # what DynamoDB takes as a limit


class ListRequest(NamedTuple):
    limit: int
    offset: int
    after_id: str | None
    kind: "Kind | None"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """From the query string's parameters. Raises the 422 for one that is ill-typed or out of range."""
        return cls(
            limit=integer_parameter(query, "limit", default=DEFAULT_LIMIT, smallest=1, largest=MAX_LIMIT),
            offset=integer_parameter(query, "offset", default=0, smallest=0, largest=_MAX_OFFSET),
            after_id=decoded_cursor(query["cursor"]) if query.get("cursor") else None,
            kind=_kind(query.get("file_type", "")),
        )


def to_json(asset: Asset, base_url: str) -> dict[str, Any]:
    """One asset of the list. What is not known is left out."""
    optional = {"sha256": asset.sha256, "width": asset.width, "height": asset.height, "job_id": asset.job_id}
    return {
        "asset_id": asset.asset_id,
        "filename": asset.filename,
        "file_type": asset.file_type,
        "size_bytes": asset.size_bytes,
        # Existing clients compare it with a naive datetime.utcnow(): UTC, no offset, no fraction.
        "uploaded_at": asset.uploaded_at.replace(tzinfo=None).isoformat(timespec="seconds"),
        "url": base_url + public_urls.public_path(asset.asset_id),
        "source": asset.source,
        "content_credentials": asset.content_credentials,
        **{name: value for name, value in optional.items() if value is not None},
    }


def page_to_json(request: ListRequest, page: Page, base_url: str) -> dict[str, Any]:
    """The 200 of the list."""
    return {
        "success": True,
        "assets": [to_json(asset, base_url) for asset in page.assets],
        "limit": request.limit,
        "offset": request.offset,
        "next_cursor": encoded_cursor(page.last_id) if page.last_id else None,
    }


def encoded_cursor(asset_id: str) -> str:
    """Opaque to clients, so that it may come to hold more."""
    return base64.urlsafe_b64encode(asset_id.encode()).decode()


def decoded_cursor(cursor: str) -> str:
    """The id in a cursor. Raises the 422 for one that is none of ours."""
    try:
        asset_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_request("cursor", "must be the next_cursor of an earlier page") from error
    if not asset_ids.is_asset_id(asset_id):
        raise errors.invalid_request("cursor", "must be the next_cursor of an earlier page")
    return asset_id


def integer_parameter(query: Mapping[str, str], name: str, *, default: int, smallest: int, largest: int) -> int:
    """A parameter of a query string. Raises the 422 for one that is no integer, or out of range."""
    text = query.get(name)
    if text is None:
        return default
    # isdecimal alone takes the digits of every script; int() alone takes "1_0" and " 1".
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and smallest <= int(text) <= largest):
        raise errors.invalid_request(name, f"must be an integer from {smallest} to {largest}")
    return int(text)


def _kind(text: str) -> "Kind | None":
    match text:
        case "":
            return None
        case "image" | "video":
            return text
    raise errors.invalid_request("file_type", "must be image or video")
