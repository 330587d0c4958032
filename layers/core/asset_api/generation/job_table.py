"""The generation jobs of all owners, in the assets table. `jobs` says what an item holds.

Every change is conditional on the job being in flight, so what has ended stays as it ended; and where several could
act on a job, on nobody having been faster.

IAM: dynamodb:GetItem, PutItem and UpdateItem; Query of the table to list, and of the index to find what is due;
ConditionCheckItem and BatchGetItem to complete; DeleteItem to discard.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids
from asset_api.assets.catalog import Asset, Catalog
from asset_api.generation import job_states
from asset_api.generation.job_states import Creation, Status
from asset_api.generation.jobs import INDEX, SHARDS, SORT_KEY_PREFIX, Job, attribute, job_key
from asset_api.platform import aws, errors, metrics

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

Changes = Mapping[str, str | int | None]

_MAX_ERROR_MESSAGE_CHARACTERS = 1000

logger = Logger()


class JobChangedError(Exception):
    """The job is not, or no longer, what the change was meant for: it has ended, or another was faster."""


@dataclass(frozen=True, slots=True)
class JobPage:
    """Jobs, newest first; `last_id` is where the next page starts after, None on the last page."""

    jobs: tuple[Job, ...]
    last_id: str | None


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of all owners. Every change raises JobChangedError where the job has ended or was changed meanwhile."""

    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    @property
    def now(self) -> int:
        return int(self.clock().timestamp())

    def add(self, job: Job) -> Job | None:
        """Store a new job; the one that was stored under its id before, None where it is this one."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item=job.to_item(),
                ConditionExpression="attribute_not_exists(sk)",
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return self.get(job.owner, job.job_id)
        return None

    def get(self, owner: str, job_id: str) -> Job | None:
        """The job, if it is this owner's. One strongly consistent read."""
        if not asset_ids.is_asset_id(job_id):  # DynamoDB refuses keys of more than 1 KB
            return None
        answer = self.dynamodb.get_item(TableName=self.table, Key=job_key(owner, job_id), ConsistentRead=True)
        return Job.from_item(answer["Item"]) if "Item" in answer else None

    def page(self, owner: str, *, limit: int, after_id: str | None) -> JobPage:
        """Up to `limit` jobs, newest first, after `after_id`. One query."""
        start = {"ExclusiveStartKey": job_key(owner, after_id)} if after_id else {}
        answer = self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="#owner = :owner AND begins_with(sk, :job)",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":owner": {"S": owner}, ":job": {"S": SORT_KEY_PREFIX}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit + 1,
            **cast(Any, start),
        )
        found = tuple(map(Job.from_item, answer["Items"]))
        return JobPage(found[:limit], found[limit - 1].job_id if len(found) > limit else None)

    def due(self, limit: int) -> Iterator[tuple[str, str]]:
        """Owner and job id of up to `limit` jobs of each shard that are to be looked at, the longest due first."""
        first = self.now // 60 % len(SHARDS)
        # Every minute from another one on, so that none waits for ever where there is more than one run can do.
        for shard in SHARDS[first:] + SHARDS[:first]:
            answer = self.dynamodb.query(
                TableName=self.table,
                IndexName=INDEX,
                KeyConditionExpression="in_flight = :shard AND check_at <= :now",
                ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"N": str(self.now)}},
                Limit=limit,
            )
            yield from ((item["owner"]["S"], item["sk"]["S"].removeprefix(SORT_KEY_PREFIX)) for item in answer["Items"])

    def begin_sending(self, job: Job) -> Job:
        """Claim the right to create the prediction: of all who try, one has it. Before any money is spent."""
        return self._change(
            job,
            {"creation": "sent", "sent_at": self.now, "attempts": job.attempts + 1,
             "check_at": self._due(job, job_states.SENDING_SECONDS)},
            expecting={"creation": job.creation, "attempts": job.attempts, "prediction_id": None},
        )  # fmt: skip

    def end_sending(self, job: Job, creation: Creation, *, check_in: int) -> Job:
        """The create did not give a prediction: what is known of it, and when to look again, in seconds from now."""
        changes: Changes = {"creation": creation, "check_at": self._due(job, check_in)}
        return self._change(job, changes, expecting={"attempts": job.attempts, "prediction_id": None})

    def record_prediction(self, job: Job, prediction_id: str, *, check_in: int) -> Job:
        """The job's prediction, once and for all; any number of times the same."""
        if job.prediction_id == prediction_id:
            return job
        changes: Changes = {"prediction_id": prediction_id, "check_at": self._due(job, check_in)}
        return self._change(job, changes, expecting={"prediction_id": None})

    def look_again(self, job: Job, *, check_in: int, status: Status | None = None) -> Job:
        """When to look at the job again, in seconds from now, and what it has become meanwhile."""
        return self._change(job, {"status": status or job.status, "check_at": self._due(job, check_in)})

    def claim_check(self, job: Job, *, check_in: int) -> Job:
        """Of all who find the job due, one looks at it; the others, or it after a crash, `check_in` seconds later."""
        return self._change(job, {"check_at": self._due(job, check_in)}, expecting={"check_at": job.check_at})

    def begin_ingesting(self, job: Job, *, seconds: int) -> Job:
        """Of all who could copy the output, one does, for `seconds` at most; by then it is looked at again."""
        if job.ingesting_until > self.now:
            raise JobChangedError(job.job_id)
        until = self.now + seconds
        expecting = {"ingesting_until": job.ingesting_until or None}
        return self._change(
            job,
            {"status": "processing", "ingesting_until": until, "check_at": self._due(job, seconds)},
            expecting=expecting,
        )

    def put_off_ingesting(self, job: Job, *, check_in: int) -> Job:
        """The output could not be had for now: leave it to whoever looks at the job in `check_in` seconds."""
        changes: Changes = {"ingesting_until": None, "check_at": self._due(job, check_in)}
        return self._change(job, changes, expecting={"ingesting_until": job.ingesting_until})

    def end(self, job: Job, status: Status, error_message: str | None = None) -> Job:
        """Failed or canceled, for good."""
        words = error_message[:_MAX_ERROR_MESSAGE_CHARACTERS] if error_message else None
        ended = self._change(job, {**_ending(status, self.now), "error_message": words})
        self._tell_end(job, status)
        return ended

    def discard(self, job: Job) -> None:
        """Forget a job whose request was answered with an error, and for which nothing was created."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=job.key,
                # Gone already: by a first attempt whose answer was lost.
                ConditionExpression=(
                    "attribute_not_exists(sk) OR (attribute_not_exists(prediction_id) AND creation = :ready)"
                ),
                ExpressionAttributeValues={":ready": {"S": "ready"}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise JobChangedError(job.job_id) from error

    def complete(self, job: Job, asset: Asset, catalog: Catalog) -> Asset:
        """List the asset and complete the job in one transaction: neither is ever seen without the other.

        Raises UnlistableError where the asset was deleted, or the job has ended otherwise: then the asset is not
        listed, and never will be.
        """
        update: Any = {"TableName": self.table, "Key": job.key, **_update(_ending("completed", self.now), {})}
        listed = catalog.add(asset, together_with=({"Update": update},))
        self._tell_end(job, "completed")
        return listed

    def _tell_end(self, job: Job, status: Status) -> None:
        logger.info("job ended", extra={"job_id": job.job_id, "status": status})
        metrics.job_ended(status, self.now - job.created_at.timestamp())

    def _due(self, job: Job, check_in: int) -> int:
        """When to look again: at the deadline at the latest, as the job is to end then."""
        now = self.now
        return min(now + check_in, job.deadline) if job.deadline > now else now + check_in

    def _change(self, job: Job, changes: Changes, expecting: Changes | None = None) -> Job:
        change_id = secrets.token_hex(8)
        try:
            answer = self.dynamodb.update_item(
                TableName=self.table,
                Key=job.key,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **_update({**changes, "change_id": change_id}, expecting or {}),
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
            current = aws.refused_item(error)
            # The SDK has tried again after an answer that was lost: it is this very change that is in the way.
            if current.get("change_id") == {"S": change_id}:
                return Job.from_item(current)
            raise JobChangedError(job.job_id) from error
        return Job.from_item(answer["Attributes"])


def require(job: Job | None) -> Job:
    """Raises the 404 if there is no such job, or it is another owner's."""
    if job is None:
        raise errors.job_not_found()
    return job


def _ending(status: Status, now: int) -> dict[str, str | int | None]:
    return {"status": status, "ended_at": now, "in_flight": None, "check_at": None, "ingesting_until": None}


def _update(changes: Changes, expecting: Changes) -> Any:
    """The expressions of one change of a job in flight. None takes an attribute away, or expects none."""
    sets = [name for name, value in changes.items() if value is not None]
    removes = [name for name, value in changes.items() if value is None]
    conditions = [
        "#status IN (:pending, :processing)",
        *(f"#{name} = :expected_{name}" for name, value in expecting.items() if value is not None),
        *(f"attribute_not_exists(#{name})" for name, value in expecting.items() if value is None),
    ]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
    if removes:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in removes)
    return {
        "UpdateExpression": expression,
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": {f"#{name}": name for name in {"status", *changes, *expecting}},
        "ExpressionAttributeValues": {
            ":pending": {"S": "pending"},
            ":processing": {"S": "processing"},
            **{f":{name}": attribute(changes[name]) for name in sets},
            **{f":expected_{name}": attribute(value) for name, value in expecting.items() if value is not None},
        },
    }
