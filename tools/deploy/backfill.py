"""Backfill for assets from earlier releases: count each in its owner's usage, and request thumbnails and facts.

It can be interrupted, repeated, and run while the service is in use. Assets that have their facts are skipped.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asset_api.assets.asset import SORT_KEY_PREFIX
from asset_api.assets.usage import NO_QUOTA, Usages

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_lambda.client import LambdaClient

# Slow enough to leave concurrent executions for viewers' requests, even in an account with only ten.
_REQUESTS_A_SECOND = 5


@dataclass(frozen=True)
class Backfill:
    """A backfill of all assets. `renditions` maps "image" and "video" to function names; other kinds are skipped."""

    dynamodb: "DynamoDBClient"
    functions: "LambdaClient"
    table: str
    renditions: Mapping[str, str]
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> tuple[int, int]:
        """Process all assets; return how many were counted, and for how many thumbnails and facts were requested."""
        usages = Usages(self.dynamodb, self.table, NO_QUOTA)
        counted = requested = 0
        for item in self._assets():
            counted += usages.count(item)
            requested += self._request_facts(item)
        return counted, requested

    def _assets(self) -> Iterator[Any]:
        request: dict[str, Any] = {
            "TableName": self.table,
            "FilterExpression": "begins_with(sk, :asset)",
            "ExpressionAttributeValues": {":asset": {"S": SORT_KEY_PREFIX}},
        }
        while True:
            page: Any = self.dynamodb.scan(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _request_facts(self, item: Any) -> bool:
        """Invoke the function as for a new file, unless the asset already has its facts."""
        function = self.renditions.get(item["file_type"]["S"].partition("/")[0])
        if not function or "thumbhash" in item or "rendition_error" in item:
            return False
        event = {
            "owner": item["owner"]["S"],
            "asset_id": item["sk"]["S"].removeprefix(SORT_KEY_PREFIX),
            "file_type": item["file_type"]["S"],
        }
        self.functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
        self.sleep(1 / _REQUESTS_A_SECOND)
        return True
