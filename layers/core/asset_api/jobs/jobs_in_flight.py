"""The limit on an owner's jobs in flight: exact at any concurrency, at the cost of one item.

    owner = <sub>   sk = jobs-in-flight     job_ids (a string set, absent if empty)

The transaction that stores a job adds its id, on condition that there is room; the transaction that ends or discards
the job removes it. It is a set, not a counter: adding or removing an id twice is harmless, and an id whose job is not
in flight, as after a restore of the table, is found and removed when the limit is reached.

IAM: dynamodb:UpdateItem; BatchGetItem for an owner who has reached the limit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from asset_api.jobs.job_states import IN_FLIGHT
from asset_api.platform import errors, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

SORT_KEY = "jobs-in-flight"
RETRY_AFTER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class JobsInFlight:
    dynamodb: "DynamoDBClient"
    table: str

    def admission(self, owner: str, job_id: str, limit: int) -> "TransactWriteItemTypeDef":
        """Build the write that counts the job, on condition that fewer than `limit` are in flight."""
        update = self._update(owner, "ADD job_ids :jobs", {":jobs": {"SS": [job_id]}, ":limit": {"N": str(limit)}})
        update["ConditionExpression"] = "attribute_not_exists(job_ids) OR size(job_ids) < :limit"
        update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Update": update}

    def release(self, owner: str, job_id: str) -> "TransactWriteItemTypeDef":
        """Build the write that removes the job."""
        return {"Update": self._update(owner, "DELETE job_ids :jobs", {":jobs": {"SS": [job_id]}})}

    def forget_ended(self, counted: Collection[str], jobs: Mapping[str, Any]) -> bool:
        """Remove the ids whose jobs are not in flight; return False if all are. One call, two if some are removed.

        `jobs` has the key of the job's item for each id.
        """
        keys = [jobs[job_id] for job_id in counted]
        request: Any = {
            "Keys": keys,
            "ConsistentRead": True,
            "ProjectionExpression": "sk, #status",
            "ExpressionAttributeNames": {"#status": "status"},
        }
        found = self.dynamodb.batch_get_item(RequestItems={self.table: request})
        if found["UnprocessedKeys"]:
            raise errors.temporarily_unavailable("The table of jobs")
        items = found["Responses"].get(self.table, [])
        in_flight = {item["sk"]["S"] for item in items if item["status"]["S"] in IN_FLIGHT}
        ended = [job_id for job_id in counted if jobs[job_id]["sk"]["S"] not in in_flight]
        if ended:
            owner = keys[0]["owner"]["S"]
            update = self._update(owner, "DELETE job_ids :jobs", {":jobs": {"SS": ended}})
            transactions.update(self.dynamodb, **update)
        return bool(ended)

    def _update(self, owner: str, expression: str, values: Mapping[str, Any]) -> Any:
        return {
            "TableName": self.table,
            "Key": {"owner": {"S": owner}, "sk": {"S": SORT_KEY}},
            "UpdateExpression": expression,
            "ExpressionAttributeValues": values,
        }


def counted_ids(reason: Mapping[str, Any]) -> list[str]:
    """Return the ids in the item that refused an admission, oldest first."""
    return sorted(cast(list[str], reason.get("Item", {}).get("job_ids", {}).get("SS", [])))
