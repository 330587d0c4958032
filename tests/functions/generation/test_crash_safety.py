"""The process ends before or after the effect of a call of AWS or of the provider, and something else goes wrong, too.

What must hold when time has gone by: the job has ended, not more than one prediction was created for it, and there is
either an asset with its bytes or neither.
"""

from collections.abc import Callable

import pytest

from tests import media
from tests.fake_replicate import File, Problem, Silence
from tests.functions.aws_calls import MOMENTS, AwsCalls, Moment, Stopped
from tests.functions.gateway import Caller
from tests.functions.generation.stack import MODEL, Stack

# More than any of the flows makes: a test fails where one makes more.
CALLS = {"generate": 7, "ingest": 9, "reconcile": 16}


def run(stack: Stack, action: Callable[[], object]) -> bool:
    """Run it, and return True if it was stopped. Webhooks and queue messages are delivered again."""
    try:
        action()
    except Stopped:
        return True
    finally:
        stack.provider.before_answers.clear()
    return False


def succeed_when_created(stack: Stack) -> None:
    url = stack.provider.put("video.mp4", File(media.mp4()))
    for prediction in stack.provider.predictions.values():
        if prediction["status"] == "starting":
            prediction |= {"status": "succeeded", "output": url}


def assert_sound(stack: Stack, alice: Caller) -> None:
    jobs = alice.jobs().json()["jobs"]
    assert all(job["status"] in ("completed", "failed", "canceled") for job in jobs)
    assert len(stack.provider.created) <= 1
    listed = [asset["asset_id"] for asset in alice.list().json()["assets"]]
    completed = [job["asset_id"] for job in jobs if job["status"] == "completed"]
    assert sorted(listed) == sorted(stack.public()) == sorted(completed)
    assert stack.copied() == []


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", range(1, CALLS["generate"] + 1))
@pytest.mark.parametrize("lost", [Silence(creates=True), Problem(500, creates=True)])
def test_generate_stopped_at_any_call_and_asked_again_creates_one_prediction(
    stack: Stack, alice: Caller, calls: AwsCalls, moment: Moment, number: int, lost: Problem | Silence
) -> None:
    stack.provider.misbehaviour.append(lost)
    calls.resume()
    calls.stop(number, moment)
    stopped = run(stack, lambda: alice.generate(key="k", prompt="a", model_id=MODEL))
    assert stopped or len(calls.made) <= CALLS["generate"]
    calls.resume()
    answer = alice.generate(key="k", prompt="a", model_id=MODEL)
    assert answer.status == 202
    for _ in range(20):
        succeed_when_created(stack)
        stack.minute()
    assert len(alice.jobs().json()["jobs"]) == 1
    assert_sound(stack, alice)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", range(1, CALLS["ingest"] + 1))
def test_ingest_stopped_at_any_call_of_a_job_that_is_canceled_leaves_nothing(
    stack: Stack, alice: Caller, calls: AwsCalls, moment: Moment, number: int
) -> None:
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    succeed_when_created(stack)
    stack.send_webhook()
    (message,) = stack.sqs.receive_message(QueueUrl=stack.queue_url)["Messages"]
    calls.resume()
    calls.stop(number, moment)
    run(stack, lambda: stack.ingest(message["Body"]))
    calls.resume()
    assert alice.cancel(job_id).status == 200
    stack.ingest(message["Body"])
    assert_sound(stack, alice)


@pytest.mark.parametrize("moment", MOMENTS)
# The first eight are the queries of what is due, which change nothing.
@pytest.mark.parametrize("number", range(8, CALLS["reconcile"] + 1))
@pytest.mark.parametrize("first", [Problem(429), Problem(500, creates=True), Silence(creates=True)])
def test_reconcile_stopped_at_any_call_creates_one_prediction_and_ends_the_job(
    stack: Stack, alice: Caller, calls: AwsCalls, moment: Moment, number: int, first: Problem | Silence
) -> None:
    stack.provider.misbehaviour.append(first)
    alice.generate(prompt="a", model_id=MODEL)
    calls.resume()
    calls.stop(number, moment)
    run(stack, stack.minute)
    calls.resume()
    for _ in range(25):
        succeed_when_created(stack)
        stack.minute()
    assert_sound(stack, alice)
