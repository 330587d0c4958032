"""Pages of assets: the request's parameters, the queries, and the response."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from asset_api.assets import asset_json, filenames, list_parameters
from asset_api.assets.asset import SORT_KEY_PREFIX, Asset, Item, asset_id_of, searchable, tag_prefix
from asset_api.platform import errors, queries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from asset_api.media.file_types import Kind

_MAX_OFFSET = 2**31 - 1  # the largest limit that DynamoDB accepts
# One query of a filtered page reads this many assets. If matches are rare, a page may be short and still have a cursor.
_FILTERED_PER_QUERY = 1000
_QUERIES_PER_PAGE = 10


class ListRequest(NamedTuple):
    limit: int
    offset: int
    after_id: str | None
    kind: "Kind | None"
    tag: str | None = None
    name_part: str | None = None
    """Normalized by `asset.searchable`."""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Parse the query. Raises the 422 for a parameter that has the wrong type or is out of range."""
        return cls(
            limit=list_parameters.parse_limit(query),
            offset=list_parameters.integer_parameter(query, "offset", default=0, smallest=0, largest=_MAX_OFFSET),
            after_id=list_parameters.parse_cursor(query),
            kind=_kind(query.get("file_type", "")),
            tag=_tag(query["tag"]) if query.get("tag") else None,
            name_part=_name_part(query["q"]) if query.get("q") else None,
        )

    @property
    def prefix(self) -> str:
        """The prefix of the sort keys to page through, up to the asset id."""
        return tag_prefix(self.tag) if self.tag else SORT_KEY_PREFIX

    @property
    def is_filtered(self) -> bool:
        """Tell whether pages skip items that do not match."""
        return self.kind is not None or self.name_part is not None

    def matches(self, asset: Asset) -> bool:
        """Apply the filter again, because items of earlier releases lack `search_name`."""
        return self.name_part is None or self.name_part in searchable(asset.filename)


class Page(NamedTuple):
    """Assets, newest first. The next page starts after `last_id`, which is None on the last page."""

    assets: tuple[Asset, ...]
    last_id: str | None


@dataclass(frozen=True, slots=True)
class AssetPages:
    """The lists of assets in the assets table, without those that have expired.

    IAM: dynamodb:Query.
    """

    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def page(self, owner: str, request: ListRequest) -> Page:
        """Return the requested page.

        One query, and one more to skip an offset, which transfers only a count. With a kind or part of a name, up to
        ten queries if matches are rare, and with an offset as many more as needed to read the skipped assets.
        """
        limit, after_id = request.limit, request.after_id
        if after_id is None and request.offset:
            after_id = self._skip(owner, request)
            if after_id is None:
                return Page((), None)
        found: list[Asset] = []
        read_at_once = _FILTERED_PER_QUERY if request.is_filtered else limit + 1
        responses = self._query(owner, request, after_id, Limit=read_at_once)
        for response in itertools.islice(responses, _QUERIES_PER_PAGE):
            found.extend(self._visible(response["Items"], request))
            if len(found) > limit:
                return Page(tuple(found[:limit]), found[limit - 1].asset_id)
            last_id = _last_id(response)
        return Page(tuple(found), last_id)

    def _visible(self, items: Iterable[Item], request: ListRequest) -> Iterator[Asset]:
        now = self.clock()
        for asset in map(Asset.from_item, items):
            if not asset.is_expired(now) and request.matches(asset):
                yield asset

    def _skip(self, owner: str, request: ListRequest) -> str | None:
        """Return the id of the `offset`th asset; None if there are no more assets than that."""
        if request.is_filtered:
            # A count tells how many items matched, but not the position of the last one.
            responses = self._query(owner, request, None, Limit=_FILTERED_PER_QUERY)
            assets = (asset for response in responses for asset in self._visible(response["Items"], request))
            skipped = next(itertools.islice(assets, request.offset - 1, None), None)
            return skipped.asset_id if skipped else None
        remaining = request.offset
        after_id = None
        while remaining:
            # At most the items to skip are read, so that the last one read is the last one counted.
            response = next(self._query(owner, request, after_id, Limit=remaining, Select="COUNT"))
            remaining -= response["Count"]
            after_id = _last_id(response)
            if after_id is None:
                return None
        return after_id

    def _query(self, owner: str, request: ListRequest, after_id: str | None, **options: Any) -> "Iterator[Any]":
        filters: list[str] = []
        values: dict[str, Any] = {}
        if request.kind:
            filters.append("begins_with(file_type, :kind)")
            values[":kind"] = {"S": f"{request.kind}/"}
        if request.name_part:
            filters.append("(contains(search_name, :name_part) OR attribute_not_exists(search_name))")
            values[":name_part"] = {"S": request.name_part}
        if "Select" in options:
            filters.append("(attribute_not_exists(expiry) OR expiry > :now)")
            values[":now"] = {"N": str(int(self.clock().timestamp()))}
        if filters:
            options |= {"FilterExpression": " AND ".join(filters), "ExpressionAttributeValues": values}
        return queries.newest_first(self.dynamodb, self.table, owner, request.prefix, after_id=after_id, **options)


def page_to_json(request: ListRequest, page: Page, base_url: str, sign: asset_json.Sign) -> dict[str, Any]:
    """Return the body of the list's 200."""
    return {
        "success": True,
        "assets": [asset_json.to_json(asset, base_url, sign) for asset in page.assets],
        "limit": request.limit,
        "offset": request.offset,
        "next_cursor": list_parameters.encode_cursor(page.last_id) if page.last_id else None,
    }


def _kind(text: str) -> "Kind | None":
    match text:
        case "":
            return None
        case "image" | "video":
            return text
    raise errors.invalid_request("file_type", "must be image or video")


def _tag(text: str) -> str:
    # Imported late, because most lists have no tag.
    from asset_api.assets import option_rules

    return option_rules.parse_tag(text, "tag")


def _name_part(text: str) -> str:
    if len(text) > filenames.MAX_CHARACTERS:
        raise errors.invalid_request("q", f"must have at most {filenames.MAX_CHARACTERS} characters")
    return searchable(text)


def _last_id(response: Any) -> str | None:
    last = response.get("LastEvaluatedKey")
    return asset_id_of(last["sk"]["S"]) if last else None
