"""Paginated reads of AWS: followed to their end in one place."""

import ast
from pathlib import Path
from typing import Any, cast

from asset_api.platform import queries

PACKAGE = Path(queries.__file__).resolve().parents[1]
CUT_SHORT = {"query", "scan", "batch_get_item", "list_objects_v2", "list_parts", "list_object_versions"}
KNOWN = {
    ("platform/queries.py", "query"),
    # Up to a limit of keys; the next run reads the rest.
    ("jobs/jobs.py", "query"),
    # A bounded number of keys; unprocessed ones are an error.
    ("jobs/jobs_in_flight.py", "batch_get_item"),
    ("assets/catalog.py", "batch_get_item"),
    ("assets/refusals.py", "batch_get_item"),
    ("renditions/leases.py", "query"),
    # Fewer renditions than S3 lists in a page.
    ("publishing/assets_bucket.py", "list_objects_v2"),
    ("publishing/upkeep.py", "query"),
    ("publishing/incoming_parts.py", "list_parts"),
    # Follows the list's token.
    ("publishing/incoming_bucket.py", "list_objects_v2"),
    # Removes the listed versions, and lists again.
    ("publishing/incoming_bucket.py", "list_object_versions"),
}


class Dynamodb:
    def __init__(self, *responses: dict[str, Any]) -> None:
        self.responses = list(responses)
        self.requests: list[dict[str, Any]] = []

    def query(self, **request: Any) -> Any:
        self.requests.append(dict(request))
        return self.responses.pop(0)


def newest_first(dynamodb: Dynamodb, **options: Any) -> list[Any]:
    found = queries.newest_first(cast(Any, dynamodb), "assets", "alice", "job#", after_id="b", **options)
    return [item for response in found for item in response["Items"]]


def test_a_query_reads_every_page() -> None:
    key = {"owner": {"S": "alice"}, "sk": {"S": "job#a"}}
    dynamodb = Dynamodb(
        {"Items": [1, 2], "LastEvaluatedKey": key}, {"Items": [], "LastEvaluatedKey": key}, {"Items": [3]}
    )
    assert newest_first(dynamodb) == [1, 2, 3]
    starts = [request["ExclusiveStartKey"]["sk"]["S"] for request in dynamodb.requests]
    assert starts == ["job#b", "job#a", "job#a"]


def test_a_query_keeps_its_options() -> None:
    dynamodb = Dynamodb({"Items": []})
    newest_first(dynamodb, ExpressionAttributeNames={"#status": "status"}, ExpressionAttributeValues={":k": {"S": "v"}})
    request = dynamodb.requests[0]
    assert request["ExpressionAttributeNames"] == {"#owner": "owner", "#status": "status"}
    assert request["ExpressionAttributeValues"].keys() == {":owner", ":prefix", ":k"}


def test_no_other_code_reads_paginated_results() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), node.func.attr)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CUT_SHORT
    }
    # `webhooks.query` makes the query of a URL.
    assert found - {("generation/generations.py", "query")} == KNOWN
