"""Reconciliation, every minute: advance each due job by one step, so that every job ends, whatever fails.

The cost grows with the number of due jobs, not of all jobs: the index holds only jobs in flight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from asset_api.jobs.job import Job
from asset_api.jobs.job_states import Kind
from asset_api.jobs.jobs import Jobs

# After this many failed requests in one run, the provider is considered down.
_MAX_FAILED_REQUESTS = 3
# The limit of each of the index's shards in one run.
_JOBS_PER_SHARD = 25
# The longest step: the provider's timeouts, and DynamoDB's.
_STEP_SECONDS = 20


class Advance(Protocol):
    """Advances a due job of one kind by one step.

    Returns false if a request to the provider failed. If not `provider_is_up`, the provider is asked nothing.
    """

    def __call__(self, job: Job, *, provider_is_up: bool) -> bool: ...


@dataclass(frozen=True, slots=True)
class Reconciliation:
    jobs: Jobs
    advance: Mapping[Kind, Callable[[], Advance]]
    """Factories of the functions that advance jobs, by kind. Each is called when the first such job is due."""

    def run(self, remaining_seconds: Callable[[], float]) -> int:
        """Advance due jobs while time remains; return the number of jobs checked. The next run does the rest.

        A provider that is down is not asked again in the same run, but jobs past their deadline still end.
        """
        checked = failures = 0
        for owner, job_id in self.jobs.due(_JOBS_PER_SHARD):
            if remaining_seconds() < _STEP_SECONDS:
                break
            checked += 1
            job = self.jobs.get(owner, job_id)
            # The index lags behind the table.
            if job is not None and job.is_in_flight and job.check_at <= self.jobs.now:
                failures += not self.advance[job.kind]()(job, provider_is_up=failures < _MAX_FAILED_REQUESTS)
        return checked
