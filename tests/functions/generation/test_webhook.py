"""POST /api/v2/webhooks/replicate: forged, repeated, late and reordered webhooks."""

import json
from urllib.parse import urlsplit

import pytest

from tests import media
from tests.fake_replicate import FakeReplicate, File
from tests.functions.gateway import Caller
from tests.functions.generation.stack import MODEL, Stack, signed


@pytest.fixture
def job_id(stack: Stack, alice: Caller) -> str:
    job_id = alice.generate(prompt="a", model_id=MODEL).json()["job_id"]
    stack.provider.becomes("succeeded", stack.provider.put("a", File(media.mp4())))
    return str(job_id)


@pytest.mark.parametrize(
    "headers",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "1"},
        {"webhook-signature": ""},
    ],
)
@pytest.mark.usefixtures("job_id")
def test_refuses_webhooks_with_an_invalid_signature(stack: Stack, headers: dict[str, str]) -> None:
    response = stack.send_webhook(headers=headers)
    assert response.status == 401
    assert response.headers["content-type"] == "application/problem+json"
    assert stack.queued() == 0


@pytest.mark.usefixtures("job_id")
def test_refuses_an_old_webhook(stack: Stack) -> None:
    timestamp = str(int(stack.clock().timestamp()) - 301)
    assert stack.send_webhook(headers={"webhook-timestamp": timestamp}).status == 401


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("?owner=YWxpY2U", b'{"id": "p1"}'),
        ("?job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b'{"id": "p1"}'),
        ("?owner=!&job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b'{"id": "p1"}'),
        ("?owner=YWxpY2U&job=x", b'{"id": "p1"}'),
        ("?owner=YWxpY2U&job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b"{}"),
        ("?owner=YWxpY2U&job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b"[]"),
        ("?owner=YWxpY2U&job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b"{"),
        ("?owner=YWxpY2U&job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b"[" * 100_000),
        ("?owner=YWxpY2U&job=019a8790-3d80-7c4a-9b1e-5f0f9a621d72", b'{"id": "../x"}'),
        ("", b'{"id": "p1"}'),
    ],
)
def test_refuses_signed_webhooks_that_are_malformed(stack: Stack, anonymous: Caller, target: str, body: bytes) -> None:
    headers = signed(body, int(stack.clock().timestamp()))
    response = anonymous.request("POST", "/api/v2/webhooks/replicate" + target, body=body, headers=headers)
    assert response.status == 422
    assert stack.queued() == 0


def test_a_repeated_webhook_makes_one_asset(stack: Stack, alice: Caller, job_id: str) -> None:
    for _ in range(3):
        assert stack.send_webhook().status == 200
    stack.deliver()
    stack.send_webhook()
    stack.deliver()
    stack.minute(3)
    assert alice.job(job_id).json()["status"] == "completed"
    assert len(alice.list().json()["assets"]) == len(stack.public()) == 1
    assert sum(path.startswith("/outputs/") for _, path, _ in stack.provider.requests) == 1


def test_a_webhook_after_a_delete_changes_nothing(stack: Stack, alice: Caller, job_id: str) -> None:
    stack.send_webhook()
    stack.deliver()
    assert alice.delete(alice.job(job_id).json()["asset_id"]).status == 200
    stack.send_webhook()
    stack.deliver()
    assert alice.list().json()["assets"] == stack.public() == stack.copied() == []
    assert alice.job(job_id).json()["status"] == "completed"


def test_the_current_state_at_the_provider_counts(stack: Stack, alice: Caller, job_id: str) -> None:
    """An earlier webhook is delivered late: its body contradicts the provider."""
    (prediction,) = stack.provider.predictions.values()
    url = urlsplit(prediction["webhook"])
    body = json.dumps(prediction | {"status": "failed", "error": "from long ago"}).encode()
    headers = signed(body, int(stack.clock().timestamp()))
    assert Caller(None).request("POST", f"{url.path}?{url.query}", body=body, headers=headers).status == 200
    stack.deliver()
    assert alice.job(job_id).json()["status"] == "completed"


def test_a_webhook_with_another_jobs_prediction_changes_nothing(
    stack: Stack, alice: Caller, bob: Caller, provider: FakeReplicate, job_id: str
) -> None:
    bobs = bob.generate(prompt="a", model_id=MODEL).json()["job_id"]
    own, others = provider.predictions.values()
    own["webhook"], others["webhook"] = others["webhook"], own["webhook"]
    provider.becomes("succeeded", provider.put("b", File(media.mov())))
    stack.send_webhook(0)
    stack.send_webhook(1)
    stack.deliver()
    assert alice.job(job_id).json()["status"] == bob.job(bobs).json()["status"] == "pending"


def test_a_webhook_of_an_unfinished_prediction_changes_nothing(stack: Stack, alice: Caller, job_id: str) -> None:
    stack.provider.becomes("processing")
    stack.send_webhook()
    stack.deliver()
    assert alice.job(job_id).json()["status"] == "processing"


@pytest.mark.parametrize(
    ("status", "error", "expected", "message"),
    [
        ("failed", "CUDA out of memory", "failed", "CUDA out of memory"),
        ("canceled", None, "canceled", None),
        ("aborted", None, "failed", "The provider ended the job before the model could start"),
    ],
)
@pytest.mark.parametrize("by_webhook", [True, False])
def test_a_job_ends_like_its_prediction(
    stack: Stack,
    alice: Caller,
    job_id: str,
    status: str,
    error: str | None,
    expected: str,
    message: str | None,
    by_webhook: bool,
) -> None:
    stack.provider.becomes(status, error=error)
    if by_webhook:
        stack.send_webhook()
        stack.deliver()
    else:
        stack.minute()
    job = alice.job(job_id).json()
    assert (job["status"], job["error_message"], job["asset_id"], job["video_url"]) == (expected, message, None, None)
