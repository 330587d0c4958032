"""Pages of assets: the request's parameters, the queries, and the JSON that clients see."""

import base64
import binascii
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from asset_api.assets import asset_ids, public_urls
from asset_api.assets.asset import SORT_KEY_PREFIX, Asset
from asset_api.platform import errors, queries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from asset_api.media.file_types import Kind

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_MAX_OFFSET = 2**31 - 1  # the largest limit that DynamoDB accepts
# One query of a filtered page reads this many assets. If the kind is rare, a page may be short and still have a cursor.
_FILTERED_PER_QUERY = 1000
_QUERIES_PER_PAGE = 10


class ListRequest(NamedTuple):
    limit: int
    offset: int
    after_id: str | None
    kind: "Kind | None"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Raises the 422 for a parameter that is ill-typed or out of range."""
        return cls(
            limit=integer_parameter(query, "limit", default=DEFAULT_LIMIT, smallest=1, largest=MAX_LIMIT),
            offset=integer_parameter(query, "offset", default=0, smallest=0, largest=_MAX_OFFSET),
            after_id=decoded_cursor(query["cursor"]) if query.get("cursor") else None,
            kind=_kind(query.get("file_type", "")),
        )


class Page(NamedTuple):
    """Assets, newest first; `last_id` is where the next page starts after, None on the last page."""

    assets: tuple[Asset, ...]
    last_id: str | None


@dataclass(frozen=True, slots=True)
class AssetPages:
    """The lists of assets in the assets table.

    IAM: dynamodb:Query.
    """

    dynamodb: "DynamoDBClient"
    table: str

    def page(self, owner: str, request: ListRequest) -> Page:
        """The page that the request asks for.

        One query, and one more to skip an offset, which transfers nothing but a count. With a kind, up to ten queries
        if it is rare, and with an offset as many more as it takes to read the skipped assets.
        """
        limit, kind, after_id = request.limit, request.kind, request.after_id
        if after_id is None and request.offset:
            after_id = self._skip(owner, request.offset, kind)
            if after_id is None:
                return Page((), None)
        found: list[Asset] = []
        responses = self._query(owner, after_id, kind, Limit=_FILTERED_PER_QUERY if kind else limit + 1)
        for response in itertools.islice(responses, _QUERIES_PER_PAGE):
            found.extend(map(Asset.from_item, response["Items"]))
            if len(found) > limit:
                return Page(tuple(found[:limit]), found[limit - 1].asset_id)
            last_id = _last_id(response)
        return Page(tuple(found), last_id)

    def _skip(self, owner: str, offset: int, kind: "Kind | None") -> str | None:
        """The id of the `offset`th asset, None if there are not more than that."""
        if kind:
            # A count tells how many of the kind were read, but not where the last of them is.
            responses = self._query(owner, None, kind, Limit=_FILTERED_PER_QUERY, ProjectionExpression="sk")
            items = (item for response in responses for item in response["Items"])
            skipped = next(itertools.islice(items, offset - 1, None), None)
            return skipped["sk"]["S"].removeprefix(SORT_KEY_PREFIX) if skipped else None
        remaining = offset
        after_id = None
        while remaining:
            response = next(self._query(owner, after_id, None, Limit=remaining, Select="COUNT"))
            remaining -= response["Count"]
            after_id = _last_id(response)
            if after_id is None:
                return None
        return after_id

    def _query(self, owner: str, after_id: str | None, kind: "Kind | None", **options: Any) -> "Iterator[Any]":
        if kind:
            options["FilterExpression"] = "begins_with(file_type, :kind)"
            options["ExpressionAttributeValues"] = {":kind": {"S": f"{kind}/"}}
        return queries.newest_first(self.dynamodb, self.table, owner, SORT_KEY_PREFIX, after_id=after_id, **options)


def to_json(asset: Asset, base_url: str) -> dict[str, Any]:
    """One asset of the list, without the properties that are unknown."""
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
    """Opaque to clients, so that it may hold more one day."""
    return base64.urlsafe_b64encode(asset_id.encode()).decode()


def decoded_cursor(cursor: str) -> str:
    """The id in a cursor. Raises the 422 for one that this API did not make."""
    try:
        asset_id = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_request("cursor", "must be the next_cursor of an earlier page") from error
    if not asset_ids.is_asset_id(asset_id):
        raise errors.invalid_request("cursor", "must be the next_cursor of an earlier page")
    return asset_id


def integer_parameter(query: Mapping[str, str], name: str, *, default: int, smallest: int, largest: int) -> int:
    """An integer parameter of a query string. Raises the 422 for one that is not an integer, or out of range."""
    text = query.get(name)
    if text is None:
        return default
    # isdecimal alone accepts the digits of every script; int() alone accepts "1_0" and " 1".
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


def _last_id(response: Any) -> str | None:
    last = response.get("LastEvaluatedKey")
    return last["sk"]["S"].removeprefix(SORT_KEY_PREFIX) if last else None
