"""Cancels of jobs, before and after they have ended, and while the provider fails."""

import pytest

from tests import media
from tests.fake_replicate import FakeReplicate, File, Problem, Silence
from tests.functions.gateway import Caller
from tests.functions.generation.stack import MODEL, Stack


def started(alice: Caller) -> str:
    return str(alice.generate(prompt="a", model_id=MODEL).json()["job_id"])


def test_canceling_a_job_cancels_its_prediction_and_is_idempotent(stack: Stack, alice: Caller) -> None:
    job_id = started(alice)
    first = alice.cancel(job_id)
    assert (first.status, first.json()["status"], first.json()["success"]) == (200, "canceled", True)
    assert stack.provider.statuses == ["canceled"]
    assert alice.cancel(job_id).json() == first.json()
    assert alice.job(job_id).json()["status"] == "canceled"


def test_a_canceled_job_stays_canceled(stack: Stack, alice: Caller) -> None:
    job_id = started(alice)
    alice.cancel(job_id)
    stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
    stack.send_webhook()
    stack.deliver()
    stack.minute(70, step=5)
    assert alice.job(job_id).json()["status"] == "canceled"
    assert alice.list().json()["assets"] == stack.public() == stack.copied() == []


def test_a_completed_job_cannot_be_canceled(stack: Stack, alice: Caller) -> None:
    job_id = started(alice)
    stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
    stack.send_webhook()
    stack.deliver()
    assert alice.cancel(job_id).json()["status"] == "completed"


def test_cancels_a_job_that_waits_for_the_provider(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(429))
    job_id = started(alice)
    assert alice.cancel(job_id).json()["status"] == "canceled"
    stack.minute(5)
    assert stack.provider.created == []


@pytest.mark.parametrize("outage", [Problem(500), Problem(429, {"retry_after": 9}), Silence(), Problem(401)])
def test_a_failed_cancel_can_be_repeated(stack: Stack, alice: Caller, outage: Problem | Silence) -> None:
    job_id = started(alice)
    stack.provider.outages.append(outage)
    response = alice.cancel(job_id)
    assert (response.status, "retry-after" in response.headers) == (502, True)
    assert alice.job(job_id).json()["status"] == "pending"
    assert alice.cancel(job_id).json()["status"] == "canceled"


def test_a_job_with_a_missing_prediction_can_be_canceled(stack: Stack, alice: Caller, provider: FakeReplicate) -> None:
    job_id = started(alice)
    provider.predictions.clear()
    assert alice.cancel(job_id).json()["status"] == "canceled"
    assert stack.items("asset#") == []
