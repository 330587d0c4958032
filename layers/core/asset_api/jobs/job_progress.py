"""Changes of a job in flight, common to every kind of job.

Each returns the changed job, and raises JobChangedError if the job has ended or was changed meanwhile. After `check_in`
seconds, `reconcile` finds the job due, even if the process that made the change has crashed.
"""

from asset_api.jobs.job import Job
from asset_api.jobs.job_changes import Changes, JobChangedError
from asset_api.jobs.job_states import Status
from asset_api.jobs.jobs import Jobs


def check_again(jobs: Jobs, job: Job, *, check_in: int, status: Status | None = None) -> Job:
    """Schedule the next check, and change the status if one is given."""
    return jobs.change(job, {"status": status or job.status, "check_at": next_check_at(jobs, job, check_in)})


def claim_check(jobs: Jobs, job: Job, *, check_in: int) -> Job:
    """Claim this check. If the process that wins crashes, the job is due again after `check_in` seconds."""
    return jobs.change(job, {"check_at": next_check_at(jobs, job, check_in)}, expecting={"check_at": job.check_at})


def begin_ingesting(jobs: Jobs, job: Job, *, seconds: int) -> Job:
    """Lease the job to one process, which copies its output within `seconds`."""
    if job.ingesting_until > jobs.now:
        raise JobChangedError(job.job_id)
    changes: Changes = {
        "status": "processing",
        "ingesting_until": jobs.now + seconds,
        "check_at": next_check_at(jobs, job, seconds),
    }
    return jobs.change(job, changes, expecting={"ingesting_until": job.ingesting_until or None})


def put_off_ingesting(jobs: Jobs, job: Job, *, check_in: int, why: str | None) -> Job:
    """Release the lease after a transient failure. Clients may see `why`."""
    changes: Changes = {"ingesting_until": None, "check_at": next_check_at(jobs, job, check_in), "last_failure": why}
    return jobs.change(job, changes, expecting={"ingesting_until": job.ingesting_until})


def next_check_at(jobs: Jobs, job: Job, check_in: int) -> int:
    """Return the time of the next check, which is no later than the deadline."""
    now = jobs.now
    return min(now + check_in, job.deadline) if job.deadline > now else now + check_in
