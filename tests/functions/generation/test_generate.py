"""POST /api/v2/generate: checks before money is spent, and the result of each of the provider's responses."""

import pytest

from asset_api.composition import generation, jobs
from tests import media
from tests.fake_replicate import File, Problem, Silence
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import HOST, Caller
from tests.functions.generation.stack import MODEL, Stack

UNKNOWN_ASSET = f"https://{HOST}/api/v2/assets/019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


def nothing_was_done(stack: Stack) -> bool:
    return stack.provider.requests == [] and stack.items("job#") == []


def test_refuses_a_deleted_asset_as_input(stack: Stack, alice: Caller, image_url: str) -> None:
    deleted = image_url
    assert alice.delete(image_url.rpartition("/")[2]).status == 200
    for url in (UNKNOWN_ASSET, deleted, f"https://{HOST}/api/v2/assets/x", f"https://{HOST}/"):
        response = alice.generate(prompt="a", model_id=MODEL, input={"image": url})
        assert (response.status, response.detail[:30]) == (400, "input.image: names no live ass")
    assert nothing_was_done(stack)


def test_passes_other_urls_on_unchanged(stack: Stack, alice: Caller, image_url: str) -> None:
    model_input = {"image": "https://example.com/cat.png", "last_frame_image": image_url}
    assert alice.generate(prompt="a", model_id=MODEL, input=model_input).status == 202
    assert stack.provider.created[0]["input"] == {"prompt": "a", **model_input}


@pytest.mark.parametrize("url", ["ftp://example.com/a", "file:///etc/passwd", "data:image/png;base64,AA", "http://["])
def test_refuses_urls_of_other_schemes(stack: Stack, alice: Caller, url: str) -> None:
    response = alice.generate(prompt="a", model_id=MODEL, input={"image": url})
    assert (response.status, response.detail[:12]) == (422, "input.image:")
    assert nothing_was_done(stack)


@pytest.mark.parametrize(
    "fields", [{}, {"prompt": "a"}, {"prompt": "", "model_id": MODEL}, {"prompt": "a", "model_id": "x"}]
)
def test_refuses_incomplete_requests(stack: Stack, alice: Caller, fields: dict[str, str]) -> None:
    assert alice.generate(**fields).status == 422
    assert nothing_was_done(stack)


def test_refuses_an_eleventh_generation_in_a_minute(stack: Stack, alice: Caller, bob: Caller) -> None:
    for _ in range(10):
        assert alice.generate(prompt="a", model_id=MODEL).status == 202
    response = alice.generate(prompt="a", model_id=MODEL)
    assert (response.status, response.detail) == (429, "Too many requests")
    assert response.headers["retry-after"] == "60"
    assert len(stack.provider.created) == 10
    assert bob.generate(prompt="a", model_id=MODEL).status == 202
    assert alice.upload("image.jpg", media.jpeg()).status == 201
    # Jobs in flight have a separate limit, so one of them must end.
    assert alice.cancel(alice.jobs().json()["jobs"][0]["job_id"]).status == 200
    stack.clock.advance(61)
    assert alice.generate(prompt="a", model_id=MODEL).status == 202


def test_the_same_key_and_body_make_one_job(stack: Stack, alice: Caller) -> None:
    responses = [alice.generate(key="k", prompt="a", model_id=MODEL) for _ in range(12)]
    assert {response.status for response in responses} == {202}
    assert len({response.body for response in responses}) == 1
    assert (len(stack.items("job#")), len(stack.provider.created)) == (1, 1)
    assert alice.generate(key="k", prompt="b", model_id=MODEL).status == 409
    assert alice.generate(key="other", prompt="a", model_id=MODEL).json() != responses[0].json()


def test_the_providers_message_about_the_input_is_passed_on(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(422, {"detail": "- input.image is required"}))
    response = alice.generate(key="k", prompt="a", model_id=MODEL)
    assert response.status == 400
    assert response.detail.endswith("- input.image is required")
    (job,) = alice.jobs().json()["jobs"]
    assert (job["status"], job["error_message"].endswith("- input.image is required")) == ("failed", True)
    assert alice.generate(key="k", prompt="a", model_id=MODEL).status == 400
    stack.minute(70, step=5)
    assert stack.provider.created == []
    assert len(stack.provider.requests) == 1


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_provider_account_is_a_502(stack: Stack, alice: Caller, status: int) -> None:
    stack.provider.misbehavior.append(Problem(status, {"detail": "You have insufficient credit"}))
    response = alice.generate(key="k", prompt="a", model_id=MODEL)
    assert response.status == 502
    assert "credit" not in response.detail
    assert alice.jobs().json()["jobs"] == []
    # The client retries.
    assert alice.generate(key="k", prompt="a", model_id=MODEL).status == 202
    assert len(stack.provider.created) == 1


def test_generating_without_a_provider_token_is_a_502(
    stack: Stack, alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch)
    assert alice.generate(prompt="a", model_id=MODEL).status == 502
    assert nothing_was_done(stack)


@pytest.mark.parametrize("problem", [Problem(429, {"retry_after": 100}), Problem(503), Problem(500), Problem(502)])
def test_a_busy_or_unreachable_provider_leaves_the_job_pending(stack: Stack, alice: Caller, problem: Problem) -> None:
    stack.provider.misbehavior.append(problem)
    response = alice.generate(prompt="a", model_id=MODEL)
    assert (response.status, response.json()["status"]) == (202, "pending")
    assert alice.job(response.json()["job_id"]).json()["status"] == "pending"
    stack.minute(3)
    assert len(stack.provider.created) == 1


def test_throttled_requests_are_retried(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(429, {"retry_after": 150}))
    alice.generate(prompt="a", model_id=MODEL)
    stack.minute(2)
    assert stack.provider.created == []
    stack.minute()
    assert len(stack.provider.created) == 1


@pytest.mark.parametrize("behavior", [Problem(500, creates=True), Problem(504, creates=True), Silence(creates=True)])
@pytest.mark.parametrize("lists_webhooks", [True, False])
def test_a_prediction_with_a_lost_response_is_found_and_not_repeated(
    stack: Stack, alice: Caller, behavior: Problem | Silence, lists_webhooks: bool
) -> None:
    stack.provider.lists_webhooks = lists_webhooks
    stack.provider.misbehavior.append(behavior)
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
    stack.minute(3)
    assert alice.job(job_id).json()["status"] == "completed"
    assert len(stack.provider.created) == 1


@pytest.mark.parametrize("behavior", [Problem(500, creates=True), Silence(creates=True)])
def test_a_prediction_with_a_lost_response_is_found_by_its_webhook(
    stack: Stack, alice: Caller, behavior: Problem | Silence
) -> None:
    stack.provider.misbehavior.append(behavior)
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
    assert stack.send_webhook().status == 200
    assert stack.deliver() == []
    assert alice.job(job_id).json()["status"] == "completed"
    stack.minute(70, step=5)
    assert len(stack.provider.created) == 1


def test_nothing_is_created_twice_if_webhooks_are_hidden(stack: Stack, alice: Caller) -> None:
    stack.provider.shows_webhooks = False
    stack.provider.misbehavior.append(Problem(500, creates=True))
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    stack.minute(65, step=5)
    assert alice.job(job_id).json()["status"] == "failed"
    assert len(stack.provider.created) == 1


def test_a_create_without_a_response_is_never_repeated(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Silence())
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    stack.minute(14)
    assert alice.job(job_id).json()["status"] == "pending"
    stack.minute(3)
    job = alice.job(job_id).json()
    assert (job["status"], job["error_message"][:45]) == ("failed", "The model's provider never confirmed that it ")
    assert stack.provider.created == []
    assert sum(method == "POST" for method, _, _ in stack.provider.requests) == 1


def test_the_webhook_may_precede_the_response_to_the_create(stack: Stack, alice: Caller) -> None:
    def finish_first() -> None:
        stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
        assert stack.send_webhook().status == 200
        assert stack.deliver() == []

    stack.provider.before_responses.append(finish_first)
    response = alice.generate(prompt="a", model_id=MODEL)
    assert response.status == 202
    assert alice.job(response.json()["job_id"]).json()["status"] == "completed"


def test_a_job_canceled_during_its_create_has_its_prediction_canceled(stack: Stack, alice: Caller) -> None:
    canceled: list[int] = []

    def cancel() -> None:
        (job,) = alice.jobs().json()["jobs"]
        canceled.append(alice.cancel(job["job_id"]).status)

    stack.provider.before_responses.append(cancel)
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    assert canceled == [200]
    assert alice.job(job_id).json()["status"] == "canceled"
    assert stack.provider.statuses == ["canceled"]


def test_concurrent_requests_with_one_key_create_one_prediction(stack: Stack, alice: Caller) -> None:
    """A second request with the key while the first waits for the provider."""
    second: list[int] = []
    stack.provider.misbehavior.append(lambda: second.append(alice.generate(key="k", prompt="a", model_id=MODEL).status))
    assert alice.generate(key="k", prompt="a", model_id=MODEL).status == 202
    assert second == [202]
    assert len(stack.provider.created) == 1


def test_two_requests_with_one_key_that_saw_no_job_create_one_prediction(
    stack: Stack, alice: Caller, calls: AwsCalls
) -> None:
    second: list[int] = []
    calls.resume()
    # The key is claimed and the limit checked; the job is about to be stored.
    calls.at(3, "before", lambda: second.append(alice.generate(key="k", prompt="a", model_id=MODEL).status))
    assert alice.generate(key="k", prompt="a", model_id=MODEL).status == 202
    assert second == [202]
    assert (len(stack.items("job#")), len(stack.provider.created)) == (1, 1)


def test_two_attempts_for_the_same_job_create_one_prediction(stack: Stack, alice: Caller) -> None:
    stack.provider.misbehavior.append(Problem(503))
    job = jobs.jobs().get("alice", alice.generate(prompt="a", model_id=MODEL).json()["job_id"])
    assert job is not None
    orders = generation.prediction_orders()

    def order_too() -> None:
        orders.place(job)

    stack.provider.before_responses.append(order_too)
    placed = orders.place(job)
    assert orders.place(job) == placed
    assert len(stack.provider.created) == 1
