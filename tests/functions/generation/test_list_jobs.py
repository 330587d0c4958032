"""Lists of jobs with the largest allowed inputs, for which DynamoDB ends a query after 1 MB."""

import pytest

from asset_api.composition import jobs
from asset_api.generation.requests import MAX_INPUT_BYTES
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller
from tests.functions.generation.stack import Stack, old_job

JOBS = 30


@pytest.fixture
def job_ids(stack: Stack) -> list[str]:  # noqa: ARG001  the tables must be there
    """Store jobs of alice, newest first."""
    ids: list[str] = []
    for number in range(JOBS):
        job = old_job("alice", number, input={"prompt": "a" * (MAX_INPUT_BYTES - 20)})
        assert jobs.jobs().add(job, max_in_flight=100) is None
        ids.insert(0, job.job_id)
    return ids


def test_a_page_is_complete_even_with_large_inputs(job_ids: list[str], alice: Caller, calls: AwsCalls) -> None:
    calls.resume()
    page = alice.jobs(limit=100).json()
    assert [job["job_id"] for job in page["jobs"]] == job_ids
    assert page["next_cursor"] is None
    # DynamoDB counts the inputs against its megabyte, although it does not send them.
    assert calls.made == ["Query"] * 2


def test_cursors_work_across_dynamodbs_1_mb_limit(job_ids: list[str], alice: Caller) -> None:
    first = alice.jobs(limit=20).json()
    second = alice.jobs(limit=20, cursor=first["next_cursor"]).json()
    assert [job["job_id"] for job in [*first["jobs"], *second["jobs"]]] == job_ids
    assert (len(first["jobs"]), second["next_cursor"]) == (20, None)
