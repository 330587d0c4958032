"""Generations that are started together, and awaited by one test each."""

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from botocore.exceptions import ClientError

from tests.e2e.client import PATIENCE_SECONDS, Caller, someone, succeeded
from tests.e2e.emulated_aws import client, items, physical_id, reconcile
from tests.e2e.local_stack import LocalStack

# Behaviors of the stand-in that only `reconcile` recovers from.
ENDS_BY_RECONCILE = ["throttles-twice", "errors-500-once", "drops-webhook"]
# Runs until it is canceled. Its status changes only when the schedule runs `reconcile`.
RUNS_ON = "never-ends"
# A check due later than this is a claim: a process is at work on the job.
_LATEST_CHECK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Started:
    """A job, and its owner, who has no other."""

    owner: Caller
    job_id: str
    stack: LocalStack

    def ended(self, *, reconciles: bool = False) -> dict[str, Any]:
        """Wait for the job to end. With `reconciles`, make each check due at once and run `reconcile`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while reconciles and time.monotonic() < deadline:
            job = succeeded(self.owner.job(self.job_id), 200)
            if job["status"] not in ("pending", "processing"):
                return job
            if self.make_check_due():
                reconcile(self.stack)
            time.sleep(0.5)
        return self.owner.ended(self.job_id)

    def make_check_due(self) -> bool:
        """Set the job's next check to now, unless a process is at work on it; true if there was a check to move."""
        dynamodb, table = client(self.stack, "dynamodb"), physical_id(self.stack, "AssetsTable")
        now = int(time.time())
        for item in items(self.stack):
            if self.job_id not in item["sk"]["S"] or "in_flight" not in item:
                continue
            if int(item["check_at"]["N"]) > now + _LATEST_CHECK_SECONDS:
                continue
            try:
                dynamodb.update_item(
                    TableName=table,
                    Key={name: item[name] for name in ("owner", "sk")},
                    UpdateExpression="SET check_at = :now",
                    ConditionExpression="check_at = :seen",
                    ExpressionAttributeValues={":now": {"N": str(now)}, ":seen": item["check_at"]},
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
            else:
                return True
        return False


Jobs = Mapping[str, "Future[Started]"]


@contextlib.contextmanager
def jobs_of(stack: LocalStack, http: httpx.Client, image_url: str, names: Iterable[str]) -> Iterator[Jobs]:
    """Start a job of each of the stand-in's models, four at a time."""

    def start(name: str) -> Started:
        owner = someone(stack, http)
        started = Started(owner, owner.generating(f"stand-in/{name}", input={"image": image_url}), stack)
        if name == RUNS_ON:
            started.make_check_due()
        return started

    with ThreadPoolExecutor(4) as pool:
        yield {name: pool.submit(start, name) for name in names}
