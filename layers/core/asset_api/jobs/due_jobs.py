"""The next step of each due job whose work is done by `ingest` alone: another attempt, or its end at the deadline."""

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from asset_api.jobs import job_progress
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs

# The longest that the message may be queued and the work go on.
_INGEST_SECONDS = 660

logger = Logger()


@dataclass(frozen=True, slots=True)
class DueJobs:
    jobs: Jobs
    queue: IngestQueue
    late: str
    """Words for a job that did not end in time."""

    def advance(self, job: Job, *, asks: bool) -> bool:  # noqa: ARG002  no provider is asked
        """Have `ingest` try again, or fail the job whose time is over. Always true: no provider is asked."""
        try:
            if self.jobs.now >= job.deadline:
                why = job.last_failure or "it was never begun; try again"
                self.jobs.end(job, "failed", f"{self.late}: {why}")
            else:
                # Before the job is put off: a duplicate message does no harm, a missing one would.
                self.queue.send(ReadyJob(job.owner, job.job_id, kind=job.kind))
                job_progress.check_again(self.jobs, job, check_in=_INGEST_SECONDS)
        except JobChangedError:
            logger.info("job changed meanwhile", extra={"job_id": job.job_id})
        return True
