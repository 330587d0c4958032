"""Jobs end whatever the provider does: with one video, paid for once, or with the reason.

A job of each misbehavior is started in advance, and each test waits for its own. Those that only `reconcile` recovers
run it themselves, except one that waits for the schedule.
"""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stand_ins.replicate.behaviors import version_of
from stand_ins.replicate.messages import FORGERIES
from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.e2e.generation_jobs import ENDS_BY_RECONCILE, RUNS_ON, Jobs, Started, jobs_of
from tests.e2e.local_stack import LocalStack
from tests.e2e.stand_in import StandIn

COMPLETES = [
    f"behaves:{version_of('stand-in/behaves')}",
    "output-list",
    "output-object",
    "output-data-url",
    "output-redirects-within",
    "duplicates-webhook",
    "out-of-order-webhooks",
    "forges-webhook",
    "late-webhook",
    "slow",
    "errors-500-after-creating",
    "create-breaks-off-after-creating",
    "create-times-out-after-creating",
]
FAILS = {
    "fails": "The input or output was flagged as sensitive",
    "aborts": "The provider ended the job before the model could start",
    "output-null": "The model's output was removed by the provider before it could be copied",
    "output-gone": "The provider no longer has the model's output",
    "output-elsewhere": "The model's output is on a host that is not the provider's",
    "output-redirects-elsewhere": "The model's output is on a host that is not the provider's",
    "output-not-a-video": "The model's output is not an MP4 or QuickTime video",
    "output-too-large": "The model's video is larger than the 524,288,000 bytes allowed",
    "output-too-large-undeclared": "The model's video is larger than the 524,288,000 bytes allowed",
}


Attempts = list[dict[str, Any]]


@pytest.fixture(scope="module")
def jobs(stack: LocalStack, http: httpx.Client, image_url: str, reconciled_jobs: Jobs) -> Iterator[Jobs]:
    """A job for each misbehavior, including those that only `reconcile` recovers."""
    with jobs_of(stack, http, image_url, [*COMPLETES, *FAILS]) as others:
        yield {**others, **reconciled_jobs}


@pytest.mark.usefixtures("jobs")
def test_a_refused_input_is_a_400_with_the_providers_message(alice: Caller) -> None:
    detail = refused(alice.generate("stand-in/rejects-input"), 400)
    assert detail == ("The model's provider refused the request: - input.duration: Must be less than or equal to 10")
    assert "could not be found" in refused(alice.generate("stand-in/does-not-exist"), 400)


@pytest.mark.parametrize("name", ["unauthorized", "out-of-credit"])
def test_a_refused_provider_account_is_a_502_and_leaves_no_job(name: str, alice: Caller, stand_in: StandIn) -> None:
    prompt = f"nothing {secrets.token_hex(8)}"
    assert "its operator must fix that" in refused(alice.generate(f"stand-in/{name}", prompt=prompt), 502)
    assert succeeded(alice.list_jobs(), 200)["jobs"] == []
    assert stand_in.predictions_with_prompt(prompt) == []


@pytest.mark.parametrize(("name", "reason"), FAILS.items(), ids=FAILS)
def test_a_failed_job_says_why(name: str, reason: str, jobs: Jobs, stand_in: StandIn) -> None:
    started = jobs[name].result()
    job = started.ended()
    assert job["status"] == "failed"
    assert reason in job["error_message"]
    assert job["completed_at"] is not None
    assert (job["video_url"], job["asset_id"]) == (None, None)
    assert started.owner.listed_ids() == []
    assert len(stand_in.predictions_of(started.job_id)) == 1


def test_outputs_are_never_downloaded_from_other_hosts(jobs: Jobs, stand_in: StandIn) -> None:
    for name in ("output-elsewhere", "output-redirects-elsewhere"):
        assert jobs[name].result().ended()["status"] == "failed"
    assert stand_in.everything()["elsewhere_requests"] == 0


@pytest.mark.parametrize("name", COMPLETES)
def test_a_job_completes_despite_unusual_behavior_of_the_provider(name: str, jobs: Jobs, stand_in: StandIn) -> None:
    assert_completed_once(jobs[name].result(), stand_in)


def test_a_webhook_delivered_three_times_makes_one_asset(jobs: Jobs, stand_in: StandIn) -> None:
    started = jobs["duplicates-webhook"].result()
    job = started.ended()

    def all_three(attempts: Attempts) -> bool:
        return [attempt["status"] for attempt in attempts].count(200) == 3

    attempts = webhooks_of(started, stand_in, all_three)
    assert len({attempt["webhook_id"] for attempt in attempts}) == 1
    assert_unchanged(started, job)


def test_late_webhooks_of_earlier_events_change_nothing(jobs: Jobs, stand_in: StandIn) -> None:
    started = jobs["out-of-order-webhooks"].result()
    job = started.ended()

    def all_events(attempts: Attempts) -> bool:
        return {attempt["event"] for attempt in attempts} == {"completed", "logs", "start"}

    webhooks_of(started, stand_in, all_events)
    assert_unchanged(started, job)


def test_forged_webhooks_are_refused(jobs: Jobs, stand_in: StandIn) -> None:
    started = jobs["forges-webhook"].result()
    job = started.ended()

    def all_forgeries(attempts: Attempts) -> bool:
        return {attempt["forgery"] for attempt in attempts} == {*FORGERIES, None}

    attempts = webhooks_of(started, stand_in, all_forgeries)
    # On a busy machine the stand-in does not wait for every response.
    assert {attempt["status"] for attempt in attempts if attempt["forgery"]} <= {401, None}
    assert_unchanged(started, job)


@pytest.mark.parametrize("name", ENDS_BY_RECONCILE)
def test_reconcile_completes_jobs_without_a_webhook_or_a_confirmed_create(
    name: str, jobs: Jobs, stand_in: StandIn
) -> None:
    started = jobs[name].result()
    started.ended(reconciles=True)
    assert_completed_once(started, stand_in)


def test_a_running_job_is_canceled(jobs: Jobs, stand_in: StandIn) -> None:
    started = jobs[RUNS_ON].result()

    def look() -> bool:
        return bool(succeeded(started.owner.job(started.job_id), 200)["status"] == "processing")

    eventually("the job is processing", look, pause_seconds=0.5)
    assert succeeded(started.owner.cancel(started.job_id), 200)["status"] == "canceled"
    assert [prediction["status"] for prediction in stand_in.predictions_of(started.job_id)] == ["canceled"]
    assert started.owner.listed_ids() == []


def assert_completed_once(started: Started, stand_in: StandIn) -> None:
    job = started.ended()
    assert (job["status"], job["error_message"]) == ("completed", None)
    assert started.owner.listed_ids() == [job["asset_id"]]
    video = started.owner.get(job["asset_id"])
    assert (video.status_code, video.headers["content-type"]) == (200, "video/mp4")
    assert video.content[4:8] == b"ftyp"
    # One request, one payment.
    assert len(stand_in.predictions_of(started.job_id)) == 1


def assert_unchanged(started: Started, job: dict[str, Any]) -> None:
    assert job["status"] == "completed"
    assert succeeded(started.owner.job(started.job_id), 200) == job
    assert started.owner.listed_ids() == [job["asset_id"]]


def webhooks_of(started: Started, stand_in: StandIn, enough: Callable[[Attempts], bool]) -> Attempts:
    """Wait for `enough` attempts at the job's webhook, and return them."""

    def look() -> Attempts | None:
        [prediction] = stand_in.predictions_of(started.job_id)
        attempts: Attempts = prediction["webhooks"]
        return attempts if enough(attempts) else None

    return eventually(f"enough webhooks of {started.job_id}", look)
