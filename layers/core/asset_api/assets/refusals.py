"""Records of refused uploads in the table of assets, kept for a few days; the stream makes one event of each.

    owner = <sub>   sk = refusal#<asset id>   filename, version_id, reason, status, slug, title, expires_at
    owner = <sub>   sk = attempt#<asset id>   version_id, ends_at, expires_at (TTL, Unix seconds, of both)

A refusal is not final: the form may be posted again with other bytes, which are another version and are published if
they are valid. The last attempt to publish a large file is recorded before it starts, so that `find` knows of its
failure even if the process crashes.

IAM: dynamodb:PutItem to record, BatchGetItem to find.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from asset_api.assets.asset import key
from asset_api.platform import errors
from asset_api.platform.errors import ApiError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

SORT_KEY_PREFIX = "refusal#"
LAST_ATTEMPT_PREFIX = "attempt#"
# Longer than the bytes are kept, after which nothing can refuse this upload again.
KEPT_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Refusals:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def record(self, owner: str, asset_id: str, filename: str, version_id: str, refusal: ApiError) -> None:
        """Record the refusal, unless the same version was refused before. One call."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    **key(owner, SORT_KEY_PREFIX + asset_id),
                    "filename": {"S": filename},
                    "version_id": {"S": version_id},
                    "reason": {"S": refusal.detail},
                    "status": {"N": str(refusal.status)},
                    "slug": {"S": refusal.slug},
                    "title": {"S": refusal.title},
                    "expires_at": {"N": str(self._now + KEPT_SECONDS)},
                },
                ConditionExpression="attribute_not_exists(sk) OR version_id <> :version",
                ExpressionAttributeValues={":version": {"S": version_id}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def begin_last_attempt(self, owner: str, asset_id: str, version_id: str, *, seconds: int) -> None:
        """Record that this version will not be tried again, and how long the attempt may take. One call."""
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                **key(owner, LAST_ATTEMPT_PREFIX + asset_id),
                "version_id": {"S": version_id},
                "ends_at": {"N": str(self._now + seconds)},
                "expires_at": {"N": str(self._now + KEPT_SECONDS)},
            },
        )

    def find(self, owner: str, asset_id: str, version_id: str) -> ApiError | None:
        """Return the error that ended the publication of a version; None if it may still be published. One call."""
        keys = [key(owner, prefix + asset_id) for prefix in (SORT_KEY_PREFIX, LAST_ATTEMPT_PREFIX)]
        answer = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if answer["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of assets")
        of_version = [each for each in answer["Responses"][self.table] if each["version_id"]["S"] == version_id]
        for item in of_version:
            if item["sk"]["S"].startswith(SORT_KEY_PREFIX):
                return ApiError(int(item["status"]["N"]), item["slug"]["S"], item["title"]["S"], item["reason"]["S"])
        has_failed = any(int(item["ends_at"]["N"]) <= self._now for item in of_version)
        return errors.publication_failed() if has_failed else None

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())
