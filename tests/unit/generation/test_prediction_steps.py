"""The next step of a job for each state of its prediction, by table."""

import itertools

import pytest

from asset_api.generation import prediction_steps
from asset_api.generation.prediction_steps import Progress, Step
from asset_api.jobs.job_states import IN_FLIGHT, Creation, Status


@pytest.mark.parametrize(
    ("prediction_status", "expected"),
    [
        ("starting", Progress("pending")),
        ("processing", Progress("processing")),
        ("succeeded", Progress("processing", has_output=True)),
        ("failed", Progress("failed", "out of memory")),
        ("canceled", Progress("canceled")),
        ("aborted", Progress("failed", "The provider ended the job before the model could start")),
        ("dreaming", Progress("pending")),
        ("", Progress("pending")),
    ],
)
def test_a_pending_job_follows_its_prediction(prediction_status: str, expected: Progress) -> None:
    assert prediction_steps.progress("pending", prediction_status, "out of memory") == expected


@pytest.mark.parametrize("prediction_status", ["starting", "dreaming", "processing"])
def test_a_processing_job_never_returns_to_pending(prediction_status: str) -> None:
    assert prediction_steps.progress("processing", prediction_status, None) == Progress("processing")


def test_a_failure_without_a_message_gets_one() -> None:
    message = prediction_steps.progress("processing", "failed", None).error_message
    assert message == "The model failed without saying why"


@pytest.mark.parametrize("current", IN_FLIGHT)
def test_only_ingestion_completes_a_job(current: Status) -> None:
    statuses = ("starting", "processing", "succeeded", "failed", "canceled", "aborted", "completed", "x")
    assert all(prediction_steps.progress(current, status, None).status != "completed" for status in statuses)


@pytest.mark.parametrize(
    ("has_prediction", "creation", "sent", "now", "step"),
    [
        (False, "ready", 0, 10, "create"),
        (False, "ready", 0, 3599, "create"),
        (False, "ready", 0, 3600, "expire"),
        (False, "sent", 10, 100, "find"),
        (False, "sent", 10, 909, "find"),
        (False, "sent", 10, 910, "expire"),
        (False, "doubtful", 10, 100, "find or create"),
        (False, "doubtful", 10, 2000, "find or create"),
        (False, "doubtful", 10, 3600, "expire"),
        (True, "sent", 10, 100, "ask"),
        (True, "sent", 10, 3599, "ask"),
        (True, "sent", 10, 3600, "expire"),
    ],
)
def test_next_step(has_prediction: bool, creation: Creation, sent: int, now: int, step: Step) -> None:
    decided = prediction_steps.next_step(
        has_prediction=has_prediction, creation=creation, created=0, sent=sent, deadline=3600, now=now
    )
    assert decided == step


def test_a_prediction_that_may_exist_is_never_created_again() -> None:
    for now, sent in itertools.product(range(0, 4000, 50), repeat=2):
        step = prediction_steps.next_step(
            has_prediction=False, creation="sent", created=0, sent=sent, deadline=3600, now=now
        )
        assert step in ("find", "expire")


def test_backs_off_from_5_seconds_to_5_minutes() -> None:
    waits = [prediction_steps.backoff_seconds(attempts) for attempts in range(12)]
    assert waits[:4] == [5, 5, 10, 20]
    assert waits == sorted(waits)
    assert waits[-1] == 300
