"""Cost limits: the models that a deployment allows, and an owner's jobs in flight."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from asset_api.platform import settings
from tests import media
from tests.fake_replicate import File, Problem, Silence
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import Caller, Response
from tests.functions.generation.stack import MODEL, Stack

Configure = Callable[..., None]


@pytest.fixture
def limited(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Change settings of the stack."""

    def change(**changes: Any) -> None:
        kept = settings.current()._asdict()
        configure(monkeypatch, **(kept | changes))

    assert stack
    return change


def generate(owner: Caller, **fields: Any) -> Response:
    return owner.generate(**{"prompt": "a", "model_id": MODEL, **fields})


def in_flight(stack: Stack, owner: str = "alice") -> list[str]:
    """Return the counted ids."""
    items = [item for item in stack.items("jobs-in-flight") if item["owner"]["S"] == owner]
    return sorted(items[0].get("job_ids", {}).get("SS", [])) if items else []


@pytest.mark.parametrize("model_id", [MODEL, MODEL + ":0f0f", "kwaivgi/kling-v2.1"])
def test_an_allowed_model_is_run(limited: Configure, alice: Caller, model_id: str) -> None:
    limited(allowed_models=(MODEL, "kwaivgi/*"))
    assert generate(alice, model_id=model_id).status == 202


@pytest.mark.parametrize("model_id", ["minimax/video-01-live", "MINIMAX/video-01", "evil/kwaivgi", "a/b:0f0f"])
def test_any_other_model_is_a_403_with_the_allowed_models(
    limited: Configure, stack: Stack, alice: Caller, model_id: str
) -> None:
    limited(allowed_models=(MODEL, "kwaivgi/*"))
    refused = generate(alice, model_id=model_id)
    assert (refused.status, refused.detail) == (
        403,
        "Model not allowed: this deployment allows minimax/video-01, kwaivgi/*",
    )
    assert stack.provider.created == []
    assert generate(alice).headers["ratelimit"].startswith('"generations";r=9')


def test_a_version_of_another_model_is_canceled_and_fails_the_job(stack: Stack, alice: Caller) -> None:
    stack.provider.model = "someone/expensive"
    refused = generate(alice, model_id=MODEL + ":0f0f")
    assert refused.status == 400
    assert refused.detail.endswith(f"The version is not one of {MODEL}")
    assert stack.provider.statuses == ["canceled"]
    (job,) = alice.jobs().json()["jobs"]
    assert (job["status"], job["error_message"]) == ("failed", f"The version is not one of {MODEL}")
    assert in_flight(stack) == []


def test_a_version_of_another_model_is_canceled_after_a_lost_response(stack: Stack, alice: Caller) -> None:
    stack.provider.model = "someone/expensive"
    stack.provider.lists_webhooks = True
    stack.provider.misbehavior.append(Silence(creates=True))
    job_id = generate(alice, model_id=MODEL + ":0f0f").json()["job_id"]
    assert alice.job(job_id).json()["status"] == "pending"
    stack.minute(5)
    assert alice.job(job_id).json()["status"] == "failed"
    assert stack.provider.statuses == ["canceled"]


@pytest.mark.parametrize(("model_id", "stated"), [(MODEL, "someone/else"), (MODEL + ":0f0f", MODEL.title())])
def test_an_alias_of_an_allowed_model_is_run(stack: Stack, alice: Caller, model_id: str, stated: str) -> None:
    stack.provider.model = stated
    assert generate(alice, model_id=model_id).status == 202
    assert stack.provider.statuses == ["starting"]


def test_one_job_too_many_is_a_429_with_the_jobs_in_flight(limited: Configure, stack: Stack, alice: Caller) -> None:
    limited(max_jobs_in_flight=2)
    first, second = (generate(alice).json()["job_id"] for _ in range(2))
    refused = generate(alice)
    assert refused.status == 429
    assert refused.detail == (
        f"Too many requests: you have 2 jobs in flight (the oldest is {min(first, second)}), "
        "the most allowed at a time; wait for one to end, or cancel one"
    )
    assert refused.headers["retry-after"] == "30"
    assert refused.headers["ratelimit-policy"] == '"jobs-in-flight";q=2'
    assert len(stack.items("job#")) == len(stack.provider.created) == 2


def test_owners_do_not_share_the_limit(limited: Configure, alice: Caller, bob: Caller) -> None:
    limited(max_jobs_in_flight=1)
    assert [generate(owner).status for owner in (alice, alice, bob)] == [202, 429, 202]


def test_a_refused_key_works_once_there_is_room(limited: Configure, alice: Caller) -> None:
    limited(max_jobs_in_flight=1)
    first = generate(alice).json()["job_id"]
    assert generate(alice, key="k").status == 429
    assert alice.cancel(first).status == 200
    assert generate(alice, key="k").status == 202


def completed(stack: Stack, alice: Caller) -> None:
    generate(alice)
    stack.provider.becomes("succeeded", stack.provider.put("video.mp4", File(media.mp4())))
    stack.send_webhook()
    stack.deliver()


def failed(stack: Stack, alice: Caller) -> None:
    generate(alice)
    stack.provider.becomes("failed")
    stack.send_webhook()
    stack.deliver()


def canceled(stack: Stack, alice: Caller) -> None:
    assert stack
    alice.cancel(generate(alice).json()["job_id"])


def refused_by_the_provider(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(422))
    assert generate(alice).status == 400


def discarded(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(401))
    assert generate(alice).status == 502


def expired(stack: Stack, alice: Caller) -> None:
    generate(alice)
    stack.clock.advance(3600)
    stack.minute()


@pytest.mark.parametrize("end", [completed, failed, canceled, refused_by_the_provider, discarded, expired])
def test_an_ended_job_makes_room(
    limited: Configure, stack: Stack, alice: Caller, end: Callable[[Stack, Caller], None]
) -> None:
    limited(max_jobs_in_flight=1)
    end(stack, alice)
    assert in_flight(stack) == []
    assert generate(alice).status == 202
    assert len(in_flight(stack)) == 1


@pytest.mark.usefixtures("one_call_at_a_time")
def test_concurrent_requests_never_exceed_the_limit(limited: Configure, stack: Stack, alice: Caller) -> None:
    limited(max_jobs_in_flight=4)
    with ThreadPoolExecutor(10) as threads:
        statuses = sorted(response.status for response in threads.map(lambda _: generate(alice), range(10)))
    assert statuses == [202] * 4 + [429] * 6
    assert len(stack.provider.created) == 4


def test_stale_ids_are_removed_when_the_limit_is_reached(limited: Configure, stack: Stack, alice: Caller) -> None:
    """Simulate a restored table, or a job that an earlier version ended without releasing it."""
    limited(max_jobs_in_flight=2)
    gone, ended = (generate(alice).json()["job_id"] for _ in range(2))
    key = {"owner": {"S": "alice"}}
    stack.dynamodb.delete_item(TableName="assets", Key={**key, "sk": {"S": f"job#{gone}"}})
    stack.dynamodb.update_item(
        TableName="assets",
        Key={**key, "sk": {"S": f"job#{ended}"}},
        UpdateExpression="SET #status = :failed",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":failed": {"S": "failed"}},
    )
    admitted = generate(alice)
    assert admitted.status == 202
    assert in_flight(stack) == [admitted.json()["job_id"]]


def test_the_limit_costs_no_call_and_a_refusal_costs_two(
    limited: Configure, stack: Stack, alice: Caller, calls: AwsCalls
) -> None:
    assert stack
    limited(max_jobs_in_flight=1)
    calls.resume()
    job_id = generate(alice).json()["job_id"]
    # The rate limit, the job and its admission, the claim to create, the prediction.
    assert calls.made == ["UpdateItem", "TransactWriteItems", "UpdateItem", "UpdateItem"]
    calls.resume()
    assert generate(alice).status == 429
    assert calls.made == ["UpdateItem", "TransactWriteItems", "GetItem", "BatchGetItem"]
    calls.resume()
    assert alice.cancel(job_id).status == 200
    assert calls.made == ["GetItem", "TransactWriteItems"]
