"""Records of refused uploads in the table of assets, kept for a few days; the stream sends one event per upload.

    owner = <sub>   sk = refusal#<asset id>                filename, version_id, reason, status, slug, title
    owner = <sub>   sk = refused#<asset id>#<version id>   the same
    owner = <sub>   sk = attempt#<asset id>#<version id>   ends_at
    all of them                                            expires_at (TTL, Unix seconds; an attempt's: after its end)

A refusal is not final: the form may be posted again with other bytes, which are another version and are published if
they are valid. The first refused version of an upload is recorded under `refusal#`, which triggers the event; later
ones under `refused#`. So each version keeps its own reason, in whatever order they are refused.

A client that polls sees every failure to publish a large file, even after a crash: `attempt#` holds the time after
which an unpublished file counts as failed. The first 202 sets it to the end of the time that the queue keeps the file's
event, because the event may wait behind other files; the last attempt, before it starts, sets it to its own end.
`Publisher.find_failure` makes a failure final before any client sees it. S3's LastModified cannot replace this time:
for an upload in parts, it is when the upload began.

IAM: dynamodb:PutItem to record, BatchGetItem to find.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from asset_api.assets.asset import key
from asset_api.platform import aws, errors
from asset_api.platform.errors import ApiError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from asset_api.assets.asset import Item

SORT_KEY_PREFIX = "refusal#"
LATER_PREFIX = "refused#"
LAST_ATTEMPT_PREFIX = "attempt#"
# Longer than the incoming bucket keeps the bytes, after which nothing can refuse this upload again.
KEPT_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Refusals:
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def record(self, owner: str, asset_id: str, filename: str, version_id: str, refusal: ApiError) -> None:
        """Record the refusal, unless the same version was refused before. One call, two for a later version."""
        record: dict[str, AttributeValueTypeDef] = {
            "filename": {"S": filename},
            "version_id": {"S": version_id},
            "reason": {"S": refusal.detail},
            "status": {"N": str(refusal.status)},
            "slug": {"S": refusal.slug},
            "title": {"S": refusal.title},
            "expires_at": {"N": str(self._now + KEPT_SECONDS)},
        }
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={**key(owner, SORT_KEY_PREFIX + asset_id), **record},
                ConditionExpression="attribute_not_exists(sk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            if _is_for_version(aws.refused_item(error), version_id):
                return
            self.dynamodb.put_item(
                TableName=self.table, Item={**_version_key(owner, LATER_PREFIX, asset_id, version_id), **record}
            )

    def begin_last_attempt(self, owner: str, asset_id: str, version_id: str, *, seconds: int) -> None:
        """Record that this attempt is the version's last, and how long it may take. One call."""
        self._begin_attempt(owner, asset_id, version_id, seconds, is_first=False)

    def find(self, owner: str, asset_id: str, version_id: str) -> ApiError | None:
        """Return the error that ended the publication of a version; None if it may still be published. One call."""
        return self._error_in(self._records(owner, asset_id, version_id), version_id)

    def find_with_deadline(self, owner: str, asset_id: str, version_id: str, *, seconds: int) -> ApiError | None:
        """Do the same as `find`, and report a failure once `seconds` have passed since the first call for this version.

        Attempts may crash before they record anything. Two calls the first time, one afterwards.
        """
        records = self._records(owner, asset_id, version_id)
        if not any("ends_at" in each or _is_for_version(each, version_id) for each in records):
            self._begin_attempt(owner, asset_id, version_id, seconds, is_first=True)
        return self._error_in(records, version_id)

    def _records(self, owner: str, asset_id: str, version_id: str) -> Sequence["Item"]:
        keys = [
            key(owner, SORT_KEY_PREFIX + asset_id),
            *(_version_key(owner, each, asset_id, version_id) for each in (LATER_PREFIX, LAST_ATTEMPT_PREFIX)),
        ]
        response = self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}})
        if response["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of assets")
        return response["Responses"][self.table]

    def _error_in(self, records: Sequence["Item"], version_id: str) -> ApiError | None:
        for item in records:
            if _is_for_version(item, version_id):
                return ApiError(int(item["status"]["N"]), item["slug"]["S"], item["title"]["S"], item["reason"]["S"])
        has_failed = any(int(item["ends_at"]["N"]) <= self._now for item in records if "ends_at" in item)
        return errors.publication_failed() if has_failed else None

    def _begin_attempt(self, owner: str, asset_id: str, version_id: str, seconds: int, *, is_first: bool) -> None:
        condition: Any = {"ConditionExpression": "attribute_not_exists(sk)"} if is_first else {}
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={
                    **_version_key(owner, LAST_ATTEMPT_PREFIX, asset_id, version_id),
                    "ends_at": {"N": str(self._now + seconds)},
                    "expires_at": {"N": str(self._now + seconds + KEPT_SECONDS)},
                },
                **condition,
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # begun by another request or by the last attempt

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())


def _version_key(owner: str, prefix: str, asset_id: str, version_id: str) -> "dict[str, AttributeValueTypeDef]":
    return key(owner, f"{prefix}{asset_id}#{version_id}")


def _is_for_version(refusal: "Item", version_id: str) -> bool:
    # Records of early releases name no version.
    return refusal.get("version_id") == {"S": version_id}
