"""Items of one owner that an erasure deletes from both tables. Assets are not among them: they become tombstones.

IAM: dynamodb:Query, DeleteItem and BatchWriteItem on both tables.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from asset_api.assets import asset_ids
from asset_api.assets.asset import asset_id_of, key
from asset_api.platform import errors, queries
from asset_api.platform.rate_limits import GENERATIONS, UPLOADS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

    from asset_api.assets.asset import Item

# "BatchWriteItem", Amazon DynamoDB API reference.
_MAX_WRITES = 25
_ATTEMPTS = 5
_IDEMPOTENCY = "idempotency#"


def upper_bound(milliseconds: int) -> str:
    """Return a string that sorts after every id minted up to this time (Unix milliseconds) and before later ones."""
    after = f"{milliseconds + 1:012x}"
    return f"{after[:8]}-{after[8:]}"


@dataclass(frozen=True, slots=True)
class OwnerItems:
    dynamodb: "DynamoDBClient"
    assets_table: str
    requests_table: str

    def pages(self, owner: str, prefix: str, *, before_ms: int, names: Sequence[str] = ()) -> "Iterator[list[Item]]":
        """Yield pages of the assets table's items whose sort key is `prefix` and an id minted up to that time.

        Only the attributes `names` and `sk`; pages of up to 1 MB, strongly consistent. Items may be deleted meanwhile.
        """
        shown = ("sk", *names)
        for response in queries.newest_first(
            self.dynamodb,
            self.assets_table,
            owner,
            prefix,
            after_id=upper_bound(before_ms),
            ProjectionExpression=", ".join(f"#{name}" for name in shown),
            ExpressionAttributeNames={f"#{name}": name for name in shown},
        ):
            yield list(response["Items"])

    def delete(self, owner: str, sort_keys: Sequence[str]) -> None:
        """Delete items of the assets table. One call per 25."""
        for start in range(0, len(sort_keys), _MAX_WRITES):
            few = sort_keys[start : start + _MAX_WRITES]
            request: Any = {self.assets_table: [{"DeleteRequest": {"Key": key(owner, each)}} for each in few]}
            for _ in range(_ATTEMPTS):
                request = self.dynamodb.batch_write_item(RequestItems=request)["UnprocessedItems"]
                if not request:
                    break
            else:
                raise errors.temporarily_unavailable("The table of assets")

    def delete_refusals(self, owner: str, before_ms: int) -> None:
        """Delete the records of refused uploads, and of those that could not be published."""
        from asset_api.assets.refusals import LAST_ATTEMPT_PREFIX, LATER_PREFIX, SORT_KEY_PREFIX

        for prefix in (SORT_KEY_PREFIX, LATER_PREFIX, LAST_ATTEMPT_PREFIX):
            for items in self.pages(owner, prefix, before_ms=before_ms):
                self.delete(owner, [item["sk"]["S"] for item in items])

    def delete_requests(self, owner: str, before_ms: int) -> None:
        """Delete idempotency keys of earlier requests, and rate limits that have counted no request since."""
        for response in queries.newest_first(
            self.dynamodb,
            self.requests_table,
            owner,
            _IDEMPOTENCY,
            after_id=None,
            ProjectionExpression="sk, resource_id",
        ):
            for item in response["Items"]:
                if asset_ids.issued_at_ms(item["resource_id"]["S"]) <= before_ms:
                    # Unless a later request has taken the key.
                    known = {":known": item["resource_id"]}
                    self._delete(self.requests_table, owner, item["sk"]["S"], "resource_id = :known", known)
        for limit in (UPLOADS, GENERATIONS):
            before = {":before": {"N": str(before_ms)}}
            self._delete(self.requests_table, owner, limit.sort_key, "newest <= :before", before)

    def delete_empty_jobs_in_flight(self, owner: str) -> None:
        """Delete the set of jobs in flight, if it is empty."""
        from asset_api.jobs.jobs_in_flight import SORT_KEY

        self._delete(self.assets_table, owner, SORT_KEY, "attribute_not_exists(job_ids)", {})

    def _delete(self, table: str, owner: str, sort_key: str, condition: str, values: dict[str, Any]) -> None:
        """Delete an item if it meets `condition`. One call."""
        more = {"ExpressionAttributeValues": values} if values else {}
        try:
            self.dynamodb.delete_item(
                TableName=table, Key=key(owner, sort_key), ConditionExpression=condition, **cast(Any, more)
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return  # it is gone, or belongs to a later request


def ids_of(items: "Sequence[Item]") -> list[str]:
    """The ids at the end of the sort keys."""
    return [asset_id_of(item["sk"]["S"]) for item in items]
