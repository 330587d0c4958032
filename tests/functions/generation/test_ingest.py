"""Ingestion of outputs into assets: every form of output, and every defect."""

import base64
import socket
from typing import Any

import pytest

from asset_api import composition
from tests import media
from tests.fake_replicate import File, Problem, Silence
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.generation.stack import MODEL, Stack

MIB = 1024 * 1024


@pytest.fixture
def job_id(stack: Stack, alice: Caller) -> str:  # noqa: ARG001  its functions must be there
    return str(alice.generate(prompt="a", model_id=MODEL).json()["job_id"])


def finish(stack: Stack, output: Any) -> list[str]:
    """Let the prediction succeed with this output; return the messages that are returned to the queue."""
    stack.provider.becomes("succeeded", output)
    assert stack.send_webhook().status == 200
    return stack.deliver()


def nothing_is_left(stack: Stack) -> bool:
    return not (stack.public() or stack.copied() or stack.items("asset#"))


def incomplete_uploads(stack: Stack) -> object:
    return stack.s3.list_multipart_uploads(Bucket="incoming").get("Uploads", [])


@pytest.mark.parametrize("form", ["text", "list", "object", "nested", "data"])
def test_accepts_outputs_of_every_form(stack: Stack, alice: Caller, job_id: str, form: str) -> None:
    url = stack.provider.put("video.mp4", File(media.mp4()))
    image = stack.provider.put("preview.png", File(media.png()))
    output: Any = {
        "text": url,
        "list": [image, url],
        "object": {"video": url, "preview": image},
        "nested": {"result": [{"url": url}]},
        "data": "data:video/mp4;base64," + base64.b64encode(media.mp4()).decode(),
    }[form]
    assert finish(stack, output) == []
    job = alice.job(job_id).json()
    assert job["status"] == "completed"
    stored = stack.s3.get_object(Bucket="assets", Key=f"api/v2/assets/{job['asset_id']}")
    assert stored["Body"].read() == media.mp4()


def test_the_type_is_detected_from_the_bytes(stack: Stack, alice: Caller, job_id: str) -> None:
    finish(stack, stack.provider.put("video.mp4", File(media.mov(), headers={"Content-Type": "video/mp4"})))
    (asset,) = alice.list().json()["assets"]
    assert (asset["file_type"], asset["filename"][-4:], asset["job_id"]) == ("video/quicktime", ".mov", job_id)


@pytest.mark.parametrize("length", [-1, None])
def test_streams_outputs_larger_than_a_part(stack: Stack, alice: Caller, job_id: str, length: int | None) -> None:
    video = media.padded_mp4(17 * MIB + 5)
    finish(stack, stack.provider.put("video.mp4", File(video, length=length)))
    assert alice.job(job_id).json()["status"] == "completed"
    (asset,) = alice.list().json()["assets"]
    assert asset["size_bytes"] == len(video)
    stored = stack.s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset['asset_id']}")
    assert stored["Body"].read() == video
    assert stack.copied() == incomplete_uploads(stack) == []


@pytest.mark.parametrize("length", [-1, None])
def test_refuses_large_outputs(stack: Stack, alice: Caller, job_id: str, length: int | None) -> None:
    finish(stack, stack.provider.put("video.mp4", File(media.padded_mp4(20 * MIB + 1), length=length)))
    job = alice.job(job_id).json()
    assert (job["status"], "larger than the 20,971,520 bytes" in job["error_message"]) == ("failed", True)
    assert nothing_is_left(stack)
    assert incomplete_uploads(stack) == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (None, "removed by the provider"),
        ([], "no video in it"),
        ({"text": "no"}, "no video in it"),
        ("https://evil.example/a.mp4", "not the provider's"),
        ("http://169.254.169.254/latest", "not the provider's"),
        ("data:video/mp4;base64,!", "malformed data: URL"),
        ("data:image/png;base64,AAAA", "not an MP4 or QuickTime video"),
    ],
)
def test_a_refused_output_fails_the_job_with_the_reason(
    stack: Stack, alice: Caller, job_id: str, output: Any, words: str
) -> None:
    assert finish(stack, output) == []
    job = alice.job(job_id).json()
    assert (job["status"], words in job["error_message"]) == ("failed", True), job["error_message"]
    assert nothing_is_left(stack)


@pytest.mark.parametrize(
    "data", [b"", b"<html>", media.png(), media.gif(), media.audio("mp3", "mp3"), media.mp4()[:20]]
)
def test_refuses_outputs_that_are_not_videos(stack: Stack, alice: Caller, job_id: str, data: bytes) -> None:
    finish(stack, stack.provider.put("video.mp4", File(data)))
    job = alice.job(job_id).json()
    assert (job["status"], "not an MP4 or QuickTime video" in job["error_message"]) == ("failed", True)
    assert nothing_is_left(stack)


@pytest.mark.parametrize("status", [404, 410])
def test_an_expired_output_fails_the_job(stack: Stack, alice: Caller, job_id: str, status: int) -> None:
    finish(stack, stack.provider.put("video.mp4", File(b"", status)))
    job = alice.job(job_id).json()
    assert (job["status"], job["error_message"]) == ("failed", "The provider no longer has the model's output")


@pytest.mark.parametrize("trouble", [File(b"", 503), File(media.mp4()[:100], length=10_000)])
def test_a_temporarily_unavailable_output_is_retried(stack: Stack, alice: Caller, job_id: str, trouble: File) -> None:
    assert finish(stack, stack.provider.put("video.mp4", trouble)) == []
    assert alice.job(job_id).json()["status"] == "processing"
    stack.provider.put("video.mp4", File(media.mp4()))
    stack.minute()
    assert alice.job(job_id).json()["status"] == "completed"
    assert stack.copied() == incomplete_uploads(stack) == []


def test_a_permanently_unavailable_output_fails_the_job_at_the_deadline(
    stack: Stack, alice: Caller, job_id: str
) -> None:
    finish(stack, stack.provider.put("video.mp4", File(b"", 503)))
    stack.minute(65, step=5)
    job = alice.job(job_id).json()
    assert (job["status"], job["error_message"]) == ("failed", "The model did not finish within 60 minutes")
    assert stack.items("job#")[0].keys().isdisjoint({"in_flight", "check_at"})


@pytest.mark.parametrize("outage", [Problem(500), Problem(429), Silence(), Problem(401)])
def test_a_provider_that_does_not_respond_is_retried(
    stack: Stack, alice: Caller, job_id: str, outage: Problem | Silence
) -> None:
    stack.provider.outages.append(outage)
    assert finish(stack, stack.provider.put("video.mp4", File(media.mp4()))) == []
    assert alice.job(job_id).json()["status"] == "pending"
    stack.minute(3)
    assert alice.job(job_id).json()["status"] == "completed"


def test_a_missing_prediction_fails_its_job(stack: Stack, alice: Caller, job_id: str) -> None:
    stack.provider.becomes("succeeded", "x")
    stack.send_webhook()
    stack.provider.predictions.clear()
    stack.deliver()
    job = alice.job(job_id).json()
    assert (job["status"], job["error_message"]) == ("failed", "The provider no longer knows the prediction")


def test_a_copied_output_is_published_after_the_provider_deletes_it(
    stack: Stack, alice: Caller, calls: AwsCalls, job_id: str
) -> None:
    """AWS fails between the copy and its publication; before the retry, the provider deletes its output."""
    calls.refuse("CopyObject", "InternalError", 500)
    assert finish(stack, stack.provider.put("video.mp4", File(media.mp4()))) != []
    assert len(stack.copied()) == 1
    stack.provider.put("video.mp4", File(b"", 404))
    stack.minute()
    assert alice.job(job_id).json()["status"] == "completed"
    assert stack.copied() == []


def test_private_addresses_are_refused_on_aws(
    stack: Stack, alice: Caller, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    getaddrinfo = socket.getaddrinfo

    def resolve(host: str, *args: Any, **options: Any) -> Any:
        is_output = host == "a.replicate.delivery"
        return [(2, 1, 6, "", ("169.254.169.254", 443))] if is_output else getaddrinfo(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    settings = {"replicate_base_url": stack.provider.url, "ingest_queue_url": stack.queue_url}
    configure(monkeypatch, replicate_api_token="t", **settings)
    composition.reset()
    stack.provider.becomes("succeeded", "https://a.replicate.delivery/video.mp4")
    stack.minute()
    job = alice.job(job_id).json()
    assert (job["status"], "private address" in job["error_message"]) == ("failed", True)


def test_a_job_canceled_during_ingestion_leaves_no_asset(
    stack: Stack, alice: Caller, calls: AwsCalls, job_id: str
) -> None:
    """The job is canceled just before its asset is listed, when the bytes are already public."""

    def cancel() -> None:
        assert alice.cancel(job_id).json()["status"] == "canceled"

    stack.provider.becomes("succeeded", stack.provider.put("video.mp4", File(media.mp4())))
    stack.send_webhook()
    calls.resume()
    stack.deliver()
    number = calls.made.index("TransactWriteItems") + 1
    second = str(alice.generate(prompt="b", model_id=MODEL).json()["job_id"])
    job_id = second
    stack.provider.becomes("succeeded", stack.provider.put("video.mp4", File(media.mp4())))
    stack.send_webhook()
    calls.resume()
    calls.at(number, "before", cancel)
    assert stack.deliver() == []
    assert alice.job(second).json()["status"] == "canceled"
    assert len(stack.public()) == len(alice.list().json()["assets"]) == 1
    assert stack.copied() == []
