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
# The number of responses before AWS stalls, up to more than any of these requests needs.
RESPONSES = range(10)
# A file that must be rewritten to be published, which takes the most calls.
FILE = media.jpeg(exif=True)

pytestmark = pytest.mark.usefixtures("stack")


def owners() -> Iterator[tuple[int, Caller]]:
    """Return a new owner for each number of responses."""
    return ((responses, Caller(f"owner-{responses}")) for responses in RESPONSES)


def in_time(function: str, responses: int, request: Callable[[StallingAws], Any]) -> Any:
    """Return the result of `request`, whose function must not time out."""
    with stalling(TIMEOUTS[function], responses) as stalled:
        response = request(stalled)
        assert stalled.elapsed_seconds < TIMEOUTS[function]
    return response


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
    for responses, owner in owners():
        asset_id = uploaded(owner)
        assert_of_the_contract(in_time(function, responses, lambda _: request(owner, asset_id)))  # noqa: B023  called immediately


def test_a_complete_responds_in_time(s3: "S3Client") -> None:
    for responses, owner in owners():
        asset_id = arrived(owner, s3)
        assert_of_the_contract(in_time("upload", responses, lambda _: owner.complete(asset_id)))  # noqa: B023  called immediately


def test_a_cancel_responds_in_time() -> None:
    for responses, owner in owners():
        job_id = ordered(owner)
        assert_of_the_contract(in_time("generate", responses, lambda _: owner.cancel(job_id)))  # noqa: B023  called immediately


def assert_of_the_contract(response: Any) -> None:
    assert response.status in (200, 201, 202, 502, 503)
    if response.status >= 500:
        assert response.json()["status"] == response.status
        assert int(response.headers["retry-after"]) > 0


def test_a_webhook_responds_in_time(stack: Stack) -> None:
    for responses, owner in owners():
        ordered(owner)
        stack.provider.becomes("succeeded")
        assert_of_the_contract(in_time("webhook", responses, lambda _: stack.send_webhook()))


def test_a_batch_of_events_is_returned_in_time(s3: "S3Client") -> None:
    for responses, owner in owners():
        batch = [triggers.message(f"uploads/{arrived(owner, s3)}", str(number)) for number in range(5)]

        def publish(_: StallingAws, batch: Any = batch) -> None:
            triggers.deliver(*batch)

        in_time("publish", responses, publish)


def test_a_purge_ends_in_time() -> None:
    for responses, owner in owners():
        deleted = [uploaded(owner)] * 100

        def purge(_: StallingAws, deleted: Any = deleted) -> None:
            with contextlib.suppress(BotoCoreError):
                triggers.tombstone_written(*deleted)

        in_time("purge", responses, purge)


def test_a_reconciliation_ends_in_time(stack: Stack) -> None:
    def reconciled(stalled: StallingAws) -> None:
        with contextlib.suppress(BotoCoreError):
            reconcile.handler({}, stalled.context())

    for _, owner in owners():
        ordered(owner)
    for responses in range(30):
        stack.clock.advance(120)
        in_time("reconcile", responses, reconciled)


def test_an_ingestion_ends_in_time(stack: Stack) -> None:
    for responses, owner in owners():
        job_id = ordered(owner)
        prediction_id = stack.provider.becomes("succeeded")
        event = triggers.sample("ingest")
        message = {"owner": owner.owner, "job_id": job_id, "prediction_id": prediction_id}
        event["Records"][0]["body"] = json.dumps(message)

        def ingested(stalled: StallingAws, event: Any = event) -> None:
            with contextlib.suppress(BatchProcessingError):
                ingest.handler(event, stalled.context())

        in_time("ingest", responses, ingested)


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
