"""Records of refused uploads in the table of assets, kept for a few days; the stream makes one event of each.

    owner = <sub>   sk = refusal#<asset id>   filename, reason, status, slug, title, expires_at (TTL, Unix seconds)

A refusal is not final: the form may be posted again with other bytes, which are published if they are valid.

IAM: dynamodb:PutItem to record, GetItem to find.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from asset_api.assets.asset import key
from asset_api.platform.errors import ApiError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SORT_KEY_PREFIX = "refusal#"
# Longer than the bytes are kept, after which nothing can refuse this upload again.
KEPT_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Refusals:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def record(self, owner: str, asset_id: str, filename: str, refusal: ApiError) -> None:
        """Record the refusal, unless the upload was refused before. One call."""
        expires_at = int(self.clock().timestamp()) + KEPT_SECONDS
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    **key(owner, SORT_KEY_PREFIX + asset_id),
                    "filename": {"S": filename},
                    "reason": {"S": refusal.detail},
                    "status": {"N": str(refusal.status)},
                    "slug": {"S": refusal.slug},
                    "title": {"S": refusal.title},
                    "expires_at": {"N": str(expires_at)},
                },
                ConditionExpression="attribute_not_exists(sk)",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def find(self, owner: str, asset_id: str) -> ApiError | None:
        """Return the error with which the upload was first refused; None if it was not. One consistent read."""
        found = self.dynamodb.get_item(
            TableName=self.table, Key=key(owner, SORT_KEY_PREFIX + asset_id), ConsistentRead=True
        )
        item = found.get("Item")
        # An earlier release stored only the reason.
        if item is None or "status" not in item:
            return None
        return ApiError(int(item["status"]["N"]), item["slug"]["S"], item["title"]["S"], item["reason"]["S"])
