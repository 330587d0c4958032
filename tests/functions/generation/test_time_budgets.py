"""Each function ends within its timeout, from whichever call on AWS and the provider stop responding."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from botocore.exceptions import BotoCoreError

from asset_api.generation.ingestion import DOWNLOAD_SECONDS
from asset_api.generation.replicate import REQUEST_SECONDS
from asset_api.platform import aws
from asset_api.platform.remaining_time import RESPONSE_SECONDS
from functions.ingest import app as ingest
from functions.reconcile import app as reconcile
from tests import media
from tests.functions import triggers
from tests.functions.gateway import HOST, Caller
from tests.functions.generation.stack import MODEL, Stack
from tests.functions.stalling_aws import StallingAws, stalling
from tests.template.cloudformation import load

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

TIMEOUTS: dict[str, int] = {
    name.removesuffix("Function").lower(): resource["Properties"]["Timeout"]
    for name, resource in load()["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
# More responses of AWS than any of these requests needs; a batch repeats its calls for each of its records.
MANY = 10
# A file that must be rewritten to be published, which takes the most calls.
FILE = media.jpeg(exif=True)

pytestmark = pytest.mark.usefixtures("stack")


def in_time(
    function: str,
    prepare: Callable[[Caller], Any],
    request: Callable[[StallingAws, Caller, Any], Any],
    *,
    most: int = MANY,
) -> Iterator[Any]:
    """Yield the result with no response of AWS, with one, and so on, until AWS has responded to all of the request.

    Each request has another owner, and what `prepare` returns for that owner. The function must never time out.
    """
    for responses in range(most):
        owner = Caller(f"owner-{responses}")
        prepared = prepare(owner)
        with stalling(TIMEOUTS[function], responses) as stalled:
            result = request(stalled, owner, prepared)
            assert stalled.elapsed_seconds < TIMEOUTS[function]
        yield result
        if stalled.responses >= 0:
            return


def uploaded(owner: Caller) -> str:
    return str(owner.upload("image.jpg", FILE).json()["asset_id"])


def arrived(owner: Caller, s3: "S3Client") -> str:
    body = owner.ask_for_form(filename="image.jpg").json()
    triggers.post(s3, body["upload"], FILE)
    return str(body["asset_id"])


def generate(owner: Caller, asset_id: str) -> Any:
    image = f"https://{HOST}/api/v2/assets/{asset_id}"
    return owner.generate(prompt="a", model_id=MODEL, input={"image": image}, key="once")


def ordered(owner: Caller) -> str:
    """Return the id of a job with a prediction."""
    return str(generate(owner, uploaded(owner)).json()["job_id"])


REQUESTS: dict[str, tuple[str, Callable[[Caller, str], Any]]] = {
    "a form": ("upload", lambda owner, _: owner.ask_for_form(filename="a.png", key="once")),
    "a small upload": ("upload", lambda owner, _: owner.upload("a.jpg", FILE, key="once")),
    "the list": ("list", lambda owner, _: owner.list(offset=1, file_type="image")),
    "an asset": ("list", lambda owner, asset_id: owner.metadata(asset_id)),
    "the jobs": ("list", lambda owner, _: owner.jobs()),
    "a delete": ("delete", lambda owner, asset_id: owner.delete(asset_id)),
    "a generation": ("generate", generate),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_every_request_gets_a_response_of_the_contract_in_time(name: str) -> None:
    function, request = REQUESTS[name]
    for response in in_time(function, uploaded, lambda _, owner, asset_id: request(owner, asset_id)):
        assert_of_the_contract(response)


def test_a_complete_responds_in_time(s3: "S3Client") -> None:
    def complete(_: StallingAws, owner: Caller, asset_id: str) -> Any:
        return owner.complete(asset_id)

    for response in in_time("upload", lambda owner: arrived(owner, s3), complete):
        assert_of_the_contract(response)


def test_a_cancel_responds_in_time() -> None:
    for response in in_time("generate", ordered, lambda _, owner, job_id: owner.cancel(job_id)):
        assert_of_the_contract(response)


def assert_of_the_contract(response: Any) -> None:
    assert response.status in (200, 201, 202, 502, 503)
    if response.status >= 500:
        assert response.json()["status"] == response.status
        assert int(response.headers["retry-after"]) > 0


def test_a_webhook_responds_in_time(stack: Stack) -> None:
    def succeeded(owner: Caller) -> None:
        ordered(owner)
        stack.provider.becomes("succeeded")

    for response in in_time("webhook", succeeded, lambda *_: stack.send_webhook()):
        assert_of_the_contract(response)


def test_a_batch_of_events_is_returned_in_time(s3: "S3Client") -> None:
    def batch(owner: Caller) -> list[Any]:
        return [triggers.message(f"uploads/{arrived(owner, s3)}", str(number)) for number in range(5)]

    assert list(in_time("publish", batch, lambda _, _owner, messages: triggers.deliver(*messages)))


def test_a_purge_ends_in_time() -> None:
    def purge(_: StallingAws, _owner: Caller, deleted: list[str]) -> None:
        with contextlib.suppress(BotoCoreError):
            triggers.tombstone_written(*deleted)

    assert list(in_time("purge", lambda owner: [uploaded(owner)] * 100, purge))


def test_a_reconciliation_ends_in_time(stack: Stack) -> None:
    for number in range(10):
        ordered(Caller(f"another-{number}"))

    def reconciled(stalled: StallingAws, *_: Any) -> None:
        with contextlib.suppress(BotoCoreError):
            reconcile.handler({}, stalled.context())

    assert list(in_time("reconcile", lambda _: stack.clock.advance(120), reconciled, most=30))


def test_an_ingestion_ends_in_time(stack: Stack) -> None:
    def message(owner: Caller) -> Any:
        job_id = ordered(owner)
        body = {"owner": owner.owner, "job_id": job_id, "prediction_id": stack.provider.becomes("succeeded")}
        event = triggers.sample("ingest")
        event["Records"][0]["body"] = json.dumps(body)
        return event

    def ingested(stalled: StallingAws, _: Caller, event: Any) -> None:
        with contextlib.suppress(BatchProcessingError):
            ingest.handler(event, stalled.context())

    assert list(in_time("ingest", message, ingested))


def test_a_slow_download_leaves_time_for_the_copy() -> None:
    """The slowest accepted download, and then one attempt of the slowest call."""
    longest_read_seconds = 30
    rest = TIMEOUTS["ingest"] - DOWNLOAD_SECONDS - longest_read_seconds
    assert rest > aws.attempt_seconds(aws.s3_for_large_files()) + RESPONSE_SECONDS


@pytest.mark.parametrize(
    ("function", "seconds"),
    [
        ("upload", lambda: aws.attempt_seconds(aws.s3())),
        ("list", lambda: aws.attempt_seconds(aws.dynamodb())),
        ("delete", lambda: aws.attempt_seconds(aws.s3())),
        ("webhook", lambda: aws.attempt_seconds(aws.sqs())),
        ("publish", lambda: aws.attempt_seconds(aws.s3())),
        ("purge", lambda: aws.attempt_seconds(aws.cloudfront())),
        ("reconcile", lambda: aws.attempt_seconds(aws.sqs())),
        ("generate", lambda: REQUEST_SECONDS),
    ],
)
def test_a_slow_attempt_leaves_time_for_another_one(function: str, seconds: Callable[[], float]) -> None:
    attempts = 1 if function == "generate" else 2  # a create is not retried
    assert attempts * seconds() + RESPONSE_SECONDS < TIMEOUTS[function]
