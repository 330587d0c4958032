"""The next step of each due job that only `ingest` works on: another attempt, or failure at the deadline."""

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from asset_api.jobs import job_progress
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import JobChangedError
from asset_api.jobs.jobs import Jobs

# The longest time that the message may be queued and processed.
_INGEST_SECONDS = 660

logger = Logger()


@dataclass(frozen=True, slots=True)
class DueJobs:
    jobs: Jobs
    queue: IngestQueue
    timeout_message: str
    """The error message of a job that did not end in time."""

    def advance(self, job: Job, *, provider_is_up: bool) -> bool:  # noqa: ARG002  no provider is asked
        """Queue the job for `ingest` again, or fail it after its deadline. Always true, as no provider is asked."""
        try:
            if self.jobs.now >= job.deadline:
                why = job.last_failure or "it never started; try again"
                self.jobs.end(job, "failed", f"{self.timeout_message}: {why}")
            else:
                # Sent before the job is put off: a duplicate message is harmless, a missing one is not.
                self.queue.send(ReadyJob(job.owner, job.job_id, kind=job.kind))
                job_progress.check_again(self.jobs, job, check_in=_INGEST_SECONDS)
        except JobChangedError:
            logger.info("job changed meanwhile", extra={"job_id": job.job_id})
        return True
