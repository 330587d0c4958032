"""Reconciliation of due jobs, for every package that has jobs."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.composition import generation, jobs

if TYPE_CHECKING:
    from asset_api.jobs.reconciliation import Advance, Reconciliation


@composition.once
def reconciliation() -> "Reconciliation":
    from asset_api.jobs.reconciliation import Reconciliation

    return Reconciliation(
        jobs.jobs(),
        {
            "generation": lambda: generation.due_generations().advance,
            "import": lambda: _due_jobs("The file could not be imported in time"),
            "erasure": lambda: _due_jobs("The owner could not be erased in time"),
        },
    )


def _due_jobs(timeout_message: str) -> "Advance":
    from asset_api.jobs.due_jobs import DueJobs

    return DueJobs(jobs.jobs(), jobs.ingest_queue(), timeout_message).advance
