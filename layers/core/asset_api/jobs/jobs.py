"""The table of jobs: storing, reading, changing and ending them.

Every change requires that the job is in flight, so a job that has ended never changes. If several processes could act
on a job, it also requires that none has done so before.

IAM: dynamodb:GetItem, PutItem and UpdateItem; Query of the index to find due jobs; BatchGetItem to add;
ConditionCheckItem and BatchGetItem to complete; DeleteItem to discard.
"""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids
from asset_api.jobs import job_changes
from asset_api.jobs.job import INDEX, SHARDS, SORT_KEY_PREFIX, Job, job_key
from asset_api.jobs.job_changes import Changes, JobChangedError
from asset_api.jobs.job_states import Status
from asset_api.jobs.jobs_in_flight import RETRY_AFTER_SECONDS, JobsInFlight, counted_ids
from asset_api.platform import aws, errors, metrics, transactions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from asset_api.assets.asset import Asset
    from asset_api.assets.catalog import Catalog

_MAX_ERROR_MESSAGE_CHARACTERS = 1000

logger = Logger()


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of all owners. Every change raises JobChangedError if the job has ended or was changed meanwhile."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    @property
    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock().timestamp())

    def add(self, job: Job, *, max_in_flight: int) -> Job | None:
        """Insert the job; if its id is taken, return the stored job instead, otherwise None. One call.

        Raises the 429 if the owner has `max_in_flight` jobs in flight already.
        """
        put: Any = {"TableName": self.table, "Item": job.to_item(), "ConditionExpression": "attribute_not_exists(sk)"}
        for is_last in (False, True):
            admission = self._in_flight.admission(job.owner, job.job_id, max_in_flight)
            reasons = transactions.write(self.dynamodb, [{"Put": put}, admission])
            if not reasons:
                return None
            # DynamoDB may not report every reason: at the limit, the job may also have been stored before.
            if stored := self.get(job.owner, job.job_id):
                return stored
            counted = counted_ids(reasons[1])
            keys = {job_id: job_key(job.owner, job_id) for job_id in counted}
            if is_last or not counted or not self._in_flight.forget_ended(counted, keys):
                raise errors.too_many_jobs(max_in_flight, counted, RETRY_AFTER_SECONDS)
        raise AssertionError

    def put(self, job: Job) -> None:
        """Insert a job that does not count towards the jobs in flight. One call."""
        self.dynamodb.put_item(TableName=self.table, Item=job.to_item())

    def get(self, owner: str, job_id: str) -> Job | None:
        """Return the job, if it is this owner's and has not expired. One strongly consistent read."""
        if not asset_ids.is_asset_id(job_id):  # DynamoDB refuses keys of more than 1 KB
            return None
        found = self.dynamodb.get_item(TableName=self.table, Key=job_key(owner, job_id), ConsistentRead=True)
        job = Job.from_item(found["Item"]) if "Item" in found else None
        return None if job is None or job.is_expired(self.now) else job

    def due(self, limit: int) -> Iterator[tuple[str, str]]:
        """Yield owner and id of up to `limit` due jobs of each shard, the longest overdue first."""
        first = self.now // 60 % len(SHARDS)
        # Each minute starts at another shard, so that none starves if a run cannot do everything. Queries are not
        # followed to their end: the next run finds the rest.
        for shard in SHARDS[first:] + SHARDS[:first]:
            found = self.dynamodb.query(
                TableName=self.table,
                IndexName=INDEX,
                KeyConditionExpression="in_flight = :shard AND check_at <= :now",
                ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"N": str(self.now)}},
                Limit=limit,
            )
            yield from ((item["owner"]["S"], item["sk"]["S"].removeprefix(SORT_KEY_PREFIX)) for item in found["Items"])

    def change(self, job: Job, changes: Changes, expecting: Changes | None = None) -> Job:
        """Change the job's item, if its attributes match `expecting`; return the changed job. One call."""
        change_id = secrets.token_hex(8)
        try:
            changed = transactions.update(
                self.dynamodb,
                TableName=self.table,
                Key=job.key,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **job_changes.update({**changes, "change_id": change_id}, expecting or {}),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            current = aws.refused_item(error)
            # If the SDK retried after a lost response, the first attempt's own change fails the condition.
            if current.get("change_id") == {"S": change_id}:
                return Job.from_item(current)
            raise JobChangedError(job.job_id) from error
        return Job.from_item(changed["Attributes"])

    def end(self, job: Job, status: Status, error_message: str | None = None) -> Job:
        """End the job as failed or canceled, for good. One call."""
        message = error_message[:_MAX_ERROR_MESSAGE_CHARACTERS] if error_message else None
        now, change_id = self.now, secrets.token_hex(8)
        changes = {**job_changes.end_changes(status, now), "error_message": message, "change_id": change_id}
        # An erasure does not count, and releasing it would create an item for its owner.
        release = [] if job.kind == "erasure" else [self._release(job)]
        reasons = transactions.write(self.dynamodb, [self._ending(job, changes), *release])
        # If the SDK retried after a lost response, the first attempt's own change fails the condition.
        if reasons and reasons[0].get("Item", {}).get("change_id") != {"S": change_id}:
            raise JobChangedError(job.job_id)
        self._log_end(job, status)
        return replace(job, status=status, ended_at=now, error_message=message)

    def complete(self, job: Job, asset: "Asset", catalog: "Catalog") -> "Asset":
        """List the asset and complete the job in one transaction, so that neither is ever visible without the other.

        Raises UnlistableError if the asset was deleted or the job has ended otherwise: the asset will never be listed.
        """
        ending = self._ending(job, {**job_changes.end_changes("completed", self.now), "file_type": asset.file_type})
        listed = catalog.add(asset, together_with=(ending, self._release(job)))
        self._log_end(job, "completed")
        return listed

    def discard(self, job: Job) -> None:
        """Delete a job whose request failed before anything was created. Idempotent. One call."""
        delete: Any = {
            "TableName": self.table,
            "Key": job.key,
            "ConditionExpression": (
                "attribute_not_exists(sk) OR (attribute_not_exists(prediction_id) AND creation = :ready)"
            ),
            "ExpressionAttributeValues": {":ready": {"S": "ready"}},
        }
        items: list[TransactWriteItemTypeDef] = [{"Delete": delete}, self._release(job)]
        if transactions.write(self.dynamodb, items):
            raise JobChangedError(job.job_id)

    @property
    def _in_flight(self) -> JobsInFlight:
        return JobsInFlight(self.dynamodb, self.table)

    def _release(self, job: Job) -> "TransactWriteItemTypeDef":
        return self._in_flight.release(job.owner, job.job_id)

    def _ending(self, job: Job, changes: Changes) -> "TransactWriteItemTypeDef":
        update: Any = {"TableName": self.table, "Key": job.key, **job_changes.update(changes, {})}
        update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return {"Update": update}

    def _log_end(self, job: Job, status: Status) -> None:
        logger.info("job ended", extra={"job_id": job.job_id, "status": status})
        metrics.job_ended(status, self.now - job.created_at.timestamp())


def require(job: Job | None) -> Job:
    """Return the job. Raises the 404 if there is none, or if it is another owner's."""
    if job is None:
        raise errors.job_not_found()
    return job
