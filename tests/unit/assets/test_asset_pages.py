"""Pages of assets whose queries DynamoDB ends at 1 MB."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from asset_api.assets.asset import Asset
from asset_api.assets.listing import AssetPages, ListRequest, Page

NOW = datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC)


@dataclass
class Dynamodb:
    """Return the given query responses in order."""

    responses: list[Any]
    requests: list[dict[str, Any]] = field(default_factory=list)

    def query(self, **request: Any) -> Any:
        self.requests.append(dict(request))
        return self.responses.pop(0)

    def page(self, **request: Any) -> Page:
        list_request = ListRequest.from_query({})._replace(**request)
        return AssetPages(cast(Any, self), "assets", lambda: NOW).page("alice", list_request)


def items(*filenames: str) -> list[dict[str, Any]]:
    found = []
    for number, filename in enumerate(filenames):
        asset_id = f"019a8790-3d80-7c4a-9b1e-{number:012x}"
        found.append(cast(dict[str, Any], Asset("alice", asset_id, filename, "video/mp4", 1).to_item()))
    return found


def response(found: list[dict[str, Any]], last: str | None = None) -> dict[str, Any]:
    more = {"LastEvaluatedKey": {"owner": {"S": "alice"}, "sk": {"S": f"asset#{last}"}}} if last else {}
    return {"Items": found, "Count": len(found), **more}


def test_a_page_continues_past_dynamodbs_1_mb_limit() -> None:
    dynamodb = Dynamodb([response(items("a"), "x"), response(items("b", "c"))])
    page = dynamodb.page(limit=5)
    assert [asset.filename for asset in page.assets] == ["a", "b", "c"]
    assert page.last_id is None
    assert dynamodb.requests[1]["ExclusiveStartKey"]["sk"] == {"S": "asset#x"}


def test_an_offset_continues_past_dynamodbs_1_mb_limit() -> None:
    dynamodb = Dynamodb(
        [{"Count": 3000} | response([], "x") | {"Count": 3000}, response([], "y") | {"Count": 1000}, response([])]
    )
    dynamodb.page(limit=5, offset=4000)
    assert [request["Limit"] for request in dynamodb.requests] == [4000, 1000, 6]
    assert dynamodb.requests[2]["ExclusiveStartKey"]["sk"] == {"S": "asset#y"}


def test_a_page_of_a_rare_kind_ends_with_a_cursor_after_ten_queries() -> None:
    dynamodb = Dynamodb([response([], str(number)) for number in range(20)])
    page = dynamodb.page(limit=5, kind="video")
    assert (page.assets, page.last_id) == ((), "9")
    assert len(dynamodb.requests) == 10


def test_an_offset_into_a_rare_kind_reads_a_thousand_assets_per_query() -> None:
    """Skipping only the needed number would take ten thousand queries before the first video."""
    videos = items("a", "b")
    dynamodb = Dynamodb([response([], "x"), response(videos[:1], "y"), response(videos[1:])])
    page = dynamodb.page(limit=5, offset=1, kind="video")
    assert [asset.filename for asset in page.assets] == ["b"]
    assert [request["Limit"] for request in dynamodb.requests] == [1000] * 3
