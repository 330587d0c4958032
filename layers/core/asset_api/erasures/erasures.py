"""Requests for an erasure: each is a job, whose id contains the time up to which everything is deleted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from asset_api.assets import asset_ids
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.jobs import Jobs

# An erasure is retried for as long as a dead-letter queue keeps messages.
_DEADLINE = timedelta(days=14)
_FIRST_CHECK_SECONDS = 60

logger = Logger()


@dataclass(frozen=True, slots=True)
class Erasures:
    jobs: Jobs
    queue: IngestQueue
    asset_id_salt: str
    clock: Callable[[], datetime]

    def start(self, owner: str) -> Job:
        """Store the job and queue it. Two calls."""
        now = self.clock()
        job = Job(
            owner=owner,
            job_id=asset_ids.mint(owner, salt=self.asset_id_salt, now=now),
            kind="erasure",
            input={},
            deadline=int((now + _DEADLINE).timestamp()),
            check_at=int(now.timestamp()) + _FIRST_CHECK_SECONDS,
        )
        self.jobs.put(job)
        logger.info("job created", extra={"job_id": job.job_id, "kind": job.kind})
        self.queue.try_to_send(ReadyJob(owner, job.job_id, kind=job.kind))
        return job
