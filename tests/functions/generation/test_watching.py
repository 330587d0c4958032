"""The operator's view of a generation: how it ended, and one id from the webhook request to the ingest logs."""

from asset_api.jobs.ingest_queue import CORRELATION_ID
from functions.ingest import app as ingest
from tests import media
from tests.fake_replicate import FakeReplicate, File
from tests.functions import triggers
from tests.functions.gateway import Caller, Context
from tests.functions.generation.stack import MODEL, Stack
from tests.functions.logs import Logged

REQUEST_ID = "JKJaXmPLvHcESHA="


def order(alice: Caller) -> str:
    return str(alice.generate(prompt="a", model_id=MODEL).json()["job_id"])


def test_a_completed_job_is_counted_once_with_its_duration(
    stack: Stack, alice: Caller, provider: FakeReplicate, logged: Logged
) -> None:
    order(alice)
    provider.becomes("succeeded", provider.put("video.mp4", File(media.mp4())))
    stack.clock.advance(90)
    for _ in range(2):
        stack.send_webhook()
        stack.deliver()
    (ended,) = (metric for metric in logged.metrics if "JobsEnded" in metric)
    assert (ended["JobsEnded"], ended["status"]) == ([1.0], "completed")
    (seconds,) = logged.values("JobDuration")
    assert 89 <= seconds < 95


def test_a_failed_job_is_counted(stack: Stack, alice: Caller, provider: FakeReplicate, logged: Logged) -> None:
    order(alice)
    provider.becomes("failed", error="no faces found")
    stack.send_webhook()
    stack.deliver()
    assert [metric["status"] for metric in logged.metrics if "JobsEnded" in metric] == ["failed"]


def test_a_canceled_job_is_counted_once(
    stack: Stack,  # noqa: ARG001  the provider
    alice: Caller,
    logged: Logged,
) -> None:
    job_id = order(alice)
    for _ in range(2):
        assert alice.cancel(job_id).status == 200
    assert [metric["status"] for metric in logged.metrics if "JobsEnded" in metric] == ["canceled"]


def test_messages_contain_the_request_id_of_the_webhook(stack: Stack, alice: Caller) -> None:
    order(alice)
    stack.send_webhook()
    (message,) = stack.sqs.receive_message(QueueUrl=stack.queue_url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"][CORRELATION_ID]["StringValue"] == REQUEST_ID


def test_ingest_log_lines_have_the_request_id_of_the_webhook(
    stack: Stack, alice: Caller, provider: FakeReplicate, logged: Logged
) -> None:
    job_id = order(alice)
    provider.becomes("failed", error="no faces found")
    stack.send_webhook()
    (message,) = stack.sqs.receive_message(QueueUrl=stack.queue_url)["Messages"]
    event = triggers.sample("ingest")
    event["Records"][0]["body"] = message["Body"]
    event["Records"][0]["messageAttributes"][CORRELATION_ID]["stringValue"] = "the-webhooks-request"
    ingest.handler(event, Context())
    line = logged.lines[-1]
    assert (line["message"], line["job_id"], line["correlation_id"]) == ("job ended", job_id, "the-webhooks-request")


def test_the_prompt_is_not_logged(stack: Stack, provider: FakeReplicate, logged: Logged) -> None:
    Caller("carol@example.com").generate(prompt="my secret idea", model_id=MODEL)
    provider.becomes("failed", error="no")
    stack.send_webhook()
    stack.deliver()
    assert logged.lines
    for secret in ("my secret idea", "carol", "r8_a-token"):
        assert secret not in logged.text
