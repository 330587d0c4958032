"""Changes of a generation in flight, from the creation of its prediction to its output.

Each returns the changed job, and raises JobChangedError if the job has ended or was changed meanwhile. After `check_in`
seconds, `reconcile` finds the job due, even if the process that made the change has crashed.
"""

from typing import TYPE_CHECKING

from asset_api.generation import prediction_steps
from asset_api.jobs import job_progress
from asset_api.jobs.job import Job
from asset_api.jobs.job_states import IN_FLIGHT, Creation
from asset_api.jobs.jobs import Jobs

if TYPE_CHECKING:
    from asset_api.generation.predictions import Prediction
    from asset_api.jobs.job_changes import Changes

_CHECK_SECONDS = 45


def begin_sending(jobs: Jobs, job: Job) -> Job:
    """Claim the right to create the prediction, before any money is spent. One caller wins."""
    changes: Changes = {
        "creation": "sent",
        "sent_at": jobs.now,
        "attempts": job.attempts + 1,
        "check_at": job_progress.next_check_at(jobs, job, prediction_steps.SENDING_SECONDS),
    }
    expecting: Changes = {"creation": job.creation, "attempts": job.attempts, "prediction_id": None}
    return jobs.change(job, changes, expecting)


def end_sending(jobs: Jobs, job: Job, creation: Creation, *, check_in: int) -> Job:
    """Record what is known after a create that returned no prediction."""
    changes: Changes = {"creation": creation, "check_at": job_progress.next_check_at(jobs, job, check_in)}
    return jobs.change(job, changes, expecting={"attempts": job.attempts, "prediction_id": None})


def record_prediction(jobs: Jobs, job: Job, prediction_id: str, *, check_in: int) -> Job:
    """Record the job's only prediction. Idempotent."""
    if job.prediction_id == prediction_id:
        return job
    changes: Changes = {"prediction_id": prediction_id, "check_at": job_progress.next_check_at(jobs, job, check_in)}
    return jobs.change(job, changes, expecting={"prediction_id": None})


def update_from_prediction(jobs: Jobs, job: Job, prediction: "Prediction") -> bool:
    """Update the job from its prediction; return True if there is an output, which the caller ingests."""
    progress = prediction_steps.progress(job.status, prediction.status, prediction.error)
    if progress.has_output:
        return True
    if progress.status in IN_FLIGHT:
        job_progress.check_again(jobs, job, status=progress.status, check_in=_CHECK_SECONDS)
    else:
        jobs.end(job, progress.status, progress.error_message)
    return False
