"""What a prediction's state does to its job, short of its output: for `ingest` and `reconcile` alike."""

from dataclasses import dataclass

from asset_api.generation import job_states
from asset_api.generation.job_table import JobChangedError, Jobs
from asset_api.generation.jobs import Job
from asset_api.generation.replicate import Prediction

CHECK_SECONDS = 45


@dataclass(frozen=True, slots=True)
class JobProgress:
    jobs: Jobs

    def advance(self, job: Job, prediction: Prediction) -> bool:
        """Write down what the prediction says; whether it has an output, which is left to the caller.

        Raises JobChangedError where the job has ended meanwhile.
        """
        progress = job_states.progress(job.status, prediction.status, prediction.error)
        if progress.has_output:
            return True
        if progress.status in job_states.IN_FLIGHT:
            self.jobs.look_again(job, status=progress.status, check_in=CHECK_SECONDS)
        else:
            self.jobs.end(job, progress.status, progress.error_message)
        return False

    def fail(self, job: Job, words: str) -> None:
        """End the job as failed; nothing where it has ended."""
        try:
            self.jobs.end(job, "failed", words)
        except JobChangedError:
            return
