"""Lost responses of AWS: botocore repeats the request, which fails because of the first attempt."""

import time
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from asset_api.composition import jobs
from asset_api.generation import prediction_progress
from asset_api.jobs.job import Job
from asset_api.platform import aws
from tests.fake_replicate import Problem
from tests.functions.gateway import Caller
from tests.functions.generation.stack import MODEL, Stack


@pytest.fixture
def waiting(stack: Stack, alice: Caller, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job whose prediction has not been created."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    stack.provider.misbehavior.append(Problem(429))
    job = jobs.jobs().get("alice", alice.generate(prompt="a", model_id=MODEL).json()["job_id"])
    assert job is not None
    assert job.creation == "ready"
    return job


def lose_the_first_response(operation: str) -> None:
    events = aws.dynamodb().meta.events

    def lose(event_name: str, **_: Any) -> None:
        if event_name.endswith(operation):
            events.unregister("before-send", lose)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    # After moto has performed the operation.
    events.register_last("before-send", lose)


def test_a_lost_response_does_not_lose_the_right_to_create(waiting: Job) -> None:
    lose_the_first_response("UpdateItem")
    assert prediction_progress.begin_sending(jobs.jobs(), waiting).creation == "sent"


def test_a_job_ends_even_if_its_response_is_lost(waiting: Job) -> None:
    lose_the_first_response("UpdateItem")
    assert jobs.jobs().end(waiting, "canceled").status == "canceled"


def test_a_discard_succeeds_even_if_its_response_is_lost(waiting: Job, stack: Stack) -> None:
    lose_the_first_response("DeleteItem")
    jobs.jobs().discard(waiting)
    assert stack.items("job#") == []
