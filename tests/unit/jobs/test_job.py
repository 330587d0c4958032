"""Jobs, and their items in the table."""

import dataclasses

import pytest

from asset_api.assets.asset import Options
from asset_api.jobs.job import Job
from asset_api.jobs.job_states import KINDS, Kind

JOB = Job(
    owner="alice",
    job_id="019a8790-3d80-7c4a-9b1e-5f0f9a621d72",
    model_id="minimax/video-01",
    prompt="wave",
    input={"prompt": "wave"},
    asset_id="019a8790-3d80-7c4a-9b1e-5f0f9a621d73",
    webhook="https://assets.example.com/hook",
    deadline=1763213696,
    check_at=1763210126,
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_round_trips_through_its_item(kind: Kind) -> None:
    options = Options(3600, ("a", "b"), "public")
    job = dataclasses.replace(JOB, kind=kind, options=options, source_url="https://a.example/")
    assert Job.from_item(job.to_item()) == job


def test_an_item_without_a_kind_is_a_generation() -> None:
    item = JOB.to_item()
    del item["kind"]
    assert Job.from_item(item).kind == "generation"
