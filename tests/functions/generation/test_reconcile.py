"""Reconciliation, every minute: jobs in flight are checked until their deadline, at a bounded cost."""

from unittest.mock import Mock

import pytest

from asset_api.jobs.jobs import Jobs
from asset_api.publishing.changing import Changer
from functions.reconcile import app as reconcile
from tests import media
from tests.fake_replicate import File, Problem, Silence
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller, Context
from tests.functions.generation.stack import MODEL, Stack


def started(alice: Caller) -> str:
    return str(alice.generate(prompt="a", model_id=MODEL).json()["job_id"])


def test_an_endless_prediction_is_canceled_at_the_deadline(stack: Stack, alice: Caller) -> None:
    job_id = started(alice)
    stack.provider.becomes("processing")
    stack.minute(55, step=5)
    stack.minute(4)
    assert alice.job(job_id).json()["status"] == "processing"
    stack.minute(2)
    job = alice.job(job_id).json()
    assert (job["status"], job["error_message"]) == ("failed", "The model did not finish within 60 minutes")
    assert stack.provider.statuses == ["canceled"]


@pytest.mark.parametrize("status", ["starting", "dreaming"])
def test_an_unknown_status_fails_the_job_at_the_deadline(stack: Stack, alice: Caller, status: str) -> None:
    job_id = started(alice)
    stack.provider.becomes(status)
    stack.minute(2)
    assert alice.job(job_id).json()["status"] == "pending"
    stack.minute(60, step=5)
    assert alice.job(job_id).json()["status"] == "failed"


def test_jobs_fail_at_the_deadline_if_the_provider_stays_down(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior += [Problem(503)] * 2
    waiting = [started(alice), started(alice)]
    running = started(alice)
    stack.provider.misbehavior += [Problem(503)] * 1000
    stack.provider.outages += [Problem(500)] * 1000
    stack.minute(65, step=5)
    assert {alice.job(job_id).json()["status"] for job_id in (*waiting, running)} == {"failed"}
    assert len(stack.provider.created) == 1
    assert alice.job(waiting[0]).json()["error_message"].startswith("The model's provider did not accept the job")


def test_creates_are_retried_with_backoff(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior += [Problem(429, {"retry_after": 1})] * 1000
    started(alice)
    stack.minute(59)
    attempts = sum(method == "POST" for method, _, _ in stack.provider.requests)
    assert 10 < attempts < 25


def test_a_prediction_is_created_once_the_account_is_accepted(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior += [Problem(429), Problem(402), Problem(402)]
    job_id = started(alice)
    stack.minute(2)
    assert alice.job(job_id).json()["status"] == "pending"
    stack.minute(3)
    assert len(stack.provider.created) == 1


def test_an_input_refused_on_a_retry_fails_the_job(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior += [Problem(503), Problem(422, {"detail": "no such image"})]
    job_id = started(alice)
    stack.minute(2)
    job = alice.job(job_id).json()
    assert (job["status"], "no such image" in job["error_message"]) == ("failed", True)


def test_a_replay_of_a_refused_request_has_the_same_message(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(422, {"detail": "no such image"}))
    responses = [alice.generate(key="k", prompt="a", model_id=MODEL) for _ in range(2)]
    words = "The model's provider refused the request: no such image"
    assert [(response.status, response.detail) for response in responses] == [(400, words)] * 2


def test_does_nothing_if_nothing_is_due(stack: Stack, alice: Caller, calls: AwsCalls) -> None:
    for _ in range(3):
        job_id = started(alice)
        stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
        stack.send_webhook()
        stack.deliver()
        assert alice.job(job_id).json()["status"] == "completed"
    stack.clock.advance(3600)
    calls.resume()
    reconcile.handler({}, Context())
    # Jobs, expired, changed and deleted assets, and renditions; each of one shard here.
    assert calls.made == ["Query"] * 5
    assert all("in_flight" not in item for item in stack.items("job#"))


def test_stops_before_the_timeout(stack: Stack, alice: Caller) -> None:
    class ShortContext(Context):
        def get_remaining_time_in_millis(self) -> int:
            return 10_000

    started(alice)
    stack.clock.advance(60)
    before = len(stack.provider.requests)
    reconcile.handler({}, ShortContext())
    assert len(stack.provider.requests) == before


def test_an_unreachable_provider_is_waited_for_only_once(stack: Stack, alice: Caller) -> None:
    for _ in range(10):
        started(alice)
    stack.provider.outages += [Silence()] * 100
    stack.clock.advance(60)
    before = len(stack.provider.requests)
    reconcile.handler({}, _LongContext())
    assert len(stack.provider.requests) - before == 3


class _LongContext(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def test_concurrent_runs_create_one_prediction(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(503))
    started(alice)
    stack.clock.advance(60)
    stack.provider.before_responses.append(lambda: reconcile.handler({}, _LongContext()))
    reconcile.handler({}, _LongContext())
    assert len(stack.provider.created) == 1


def test_an_output_is_queued_only_once(stack: Stack, alice: Caller) -> None:
    started(alice)
    stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
    for _ in range(5):
        stack.clock.advance(60)
        reconcile.handler({}, _LongContext())
    assert stack.queued() == 1


class MinuteContext(Context):
    """An invocation with the timeout of `reconcile`, in which time passes only by `spend`."""

    seconds_left = 60

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds_left * 1000

    def spend(self, *_: object) -> None:
        self.seconds_left -= 15


def test_many_slow_jobs_and_changes_share_the_minute(
    stack: Stack, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes 15 seconds, so that a minute is too short for either kind."""
    for _ in range(4):
        started(alice)
        asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
        assert alice.change(asset_id, filename="new.png").status == 200
    stack.clock.advance(300)
    context = MinuteContext()
    is_asked = Mock(side_effect=context.spend, return_value=None)
    is_finished = Mock(side_effect=context.spend)
    monkeypatch.setattr(Jobs, "get", is_asked)
    monkeypatch.setattr(Changer, "finish", is_finished)
    reconcile.handler({}, context)
    assert (is_asked.call_count, is_finished.call_count) == (2, 1)


def test_a_job_that_fails_each_time_keeps_no_change_unfinished(
    stack: Stack, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(alice)
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    assert alice.change(asset_id, filename="new.png").status == 200
    stack.clock.advance(300)
    finish = Mock()
    monkeypatch.setattr(Jobs, "get", Mock(side_effect=KeyError("status")))
    monkeypatch.setattr(Changer, "finish", finish)
    with pytest.raises(KeyError):
        reconcile.handler({}, Context())
    finish.assert_called_once_with("alice", asset_id)
