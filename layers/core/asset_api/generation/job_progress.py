"""Changes of a job in flight, from the order of its prediction to the copy of its output.

Each returns the job as it is then, and raises JobChangedError if the job has ended or was changed meanwhile. `check_in`
is in seconds: `reconcile` then finds the job due, whatever has become of the process that made the change.
"""

from typing import TYPE_CHECKING

from asset_api.generation import job_states
from asset_api.generation.job_changes import Changes, JobChangedError
from asset_api.generation.job_states import IN_FLIGHT, Creation, Status
from asset_api.generation.jobs import Job, Jobs

if TYPE_CHECKING:
    from asset_api.generation.predictions import Prediction

_CHECK_SECONDS = 45


def begin_sending(jobs: Jobs, job: Job) -> Job:
    """Claim the right to create the prediction, before any money is spent. One caller wins."""
    changes: Changes = {
        "creation": "sent",
        "sent_at": jobs.now,
        "attempts": job.attempts + 1,
        "check_at": _due(jobs, job, job_states.SENDING_SECONDS),
    }
    expecting: Changes = {"creation": job.creation, "attempts": job.attempts, "prediction_id": None}
    return jobs.change(job, changes, expecting)


def end_sending(jobs: Jobs, job: Job, creation: Creation, *, check_in: int) -> Job:
    """Record what is known after a create that gave no prediction."""
    changes: Changes = {"creation": creation, "check_at": _due(jobs, job, check_in)}
    return jobs.change(job, changes, expecting={"attempts": job.attempts, "prediction_id": None})


def record_prediction(jobs: Jobs, job: Job, prediction_id: str, *, check_in: int) -> Job:
    """Record the job's only prediction. Idempotent."""
    if job.prediction_id == prediction_id:
        return job
    changes: Changes = {"prediction_id": prediction_id, "check_at": _due(jobs, job, check_in)}
    return jobs.change(job, changes, expecting={"prediction_id": None})


def follow(jobs: Jobs, job: Job, prediction: "Prediction") -> bool:
    """Bring the job to its prediction's state. True if the prediction has an output, which is left to the caller."""
    progress = job_states.progress(job.status, prediction.status, prediction.error)
    if progress.has_output:
        return True
    if progress.status in IN_FLIGHT:
        check_again(jobs, job, status=progress.status, check_in=_CHECK_SECONDS)
    else:
        jobs.end(job, progress.status, progress.error_message)
    return False


def check_again(jobs: Jobs, job: Job, *, check_in: int, status: Status | None = None) -> Job:
    """Schedule the next check, and change the status if one is given."""
    return jobs.change(job, {"status": status or job.status, "check_at": _due(jobs, job, check_in)})


def claim_check(jobs: Jobs, job: Job, *, check_in: int) -> Job:
    """Claim this check; losers, or a crashed winner, retry after `check_in` seconds."""
    return jobs.change(job, {"check_at": _due(jobs, job, check_in)}, expecting={"check_at": job.check_at})


def begin_ingesting(jobs: Jobs, job: Job, *, seconds: int) -> Job:
    """Lease the job to one process, which copies its output within `seconds`."""
    if job.ingesting_until > jobs.now:
        raise JobChangedError(job.job_id)
    changes: Changes = {
        "status": "processing",
        "ingesting_until": jobs.now + seconds,
        "check_at": _due(jobs, job, seconds),
    }
    return jobs.change(job, changes, expecting={"ingesting_until": job.ingesting_until or None})


def put_off_ingesting(jobs: Jobs, job: Job, *, check_in: int) -> Job:
    """Give up the lease after a transient failure."""
    changes: Changes = {"ingesting_until": None, "check_at": _due(jobs, job, check_in)}
    return jobs.change(job, changes, expecting={"ingesting_until": job.ingesting_until})


def _due(jobs: Jobs, job: Job, check_in: int) -> int:
    """The time of the next check: at the latest the deadline, when the job is to end."""
    now = jobs.now
    return min(now + check_in, job.deadline) if job.deadline > now else now + check_in
