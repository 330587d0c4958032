"""POST /api/v2/webhooks/replicate accepts only what Replicate signed."""

from typing import Any

import httpx
import pytest

from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.e2e.emulated_aws import check_no_sooner_than_in_an_hour
from tests.e2e.local_stack import LocalStack
from tests.e2e.stand_in import StandIn, webhook_body

PATH = "/api/v2/webhooks/replicate"
NO_WEBHOOK = "stand-in/drops-webhook"
# The owner as encoded in a webhook's URL.
ALICE = "YWxpY2U"
UNKNOWN_ID = "0199d1a0-0000-7000-8000-000000000000"


def succeeded_prediction(stand_in: StandIn, job_id: str) -> dict[str, Any]:
    """Return a job's prediction once it has succeeded."""

    def look() -> dict[str, Any] | None:
        [prediction] = stand_in.predictions_of(job_id)
        return prediction if prediction["status"] == "succeeded" else None

    return eventually(f"a prediction of {job_id}", look)


def deliver(http: httpx.Client, prediction: dict[str, Any], body: bytes, headers: dict[str, str]) -> httpx.Response:
    return http.post(prediction["webhook"], content=body, headers=headers)


def test_only_a_validly_signed_webhook_completes_a_job(
    alice: Caller, http: httpx.Client, stack: LocalStack, stand_in: StandIn, image_url: str
) -> None:
    job_id = alice.generating(NO_WEBHOOK, input={"image": image_url})
    check_no_sooner_than_in_an_hour(stack, job_id)
    prediction = succeeded_prediction(stand_in, job_id)
    forged = webhook_body(prediction, status="failed", error="forged", output=None)
    genuine = stand_in.webhook_headers(forged)
    unsigned = {name: value for name, value in genuine.items() if not name.startswith("webhook-")}
    assert refused(deliver(http, prediction, forged, unsigned), 401) == "Not authenticated"
    for body, headers in (
        (forged, {**genuine, "webhook-signature": "v1,c29tZWJvZHkgZWxzZQ=="}),
        (forged, {**genuine, "webhook-id": "msg_2"}),
        (forged, stand_in.webhook_headers(forged, seconds_ago=330)),
        (forged, stand_in.webhook_headers(forged, seconds_ago=-330)),
        (forged + b" ", genuine),
    ):
        assert refused(deliver(http, prediction, body, headers), 401) == "Invalid or expired token"
    assert succeeded(alice.job(job_id), 200)["status"] == "pending"

    body = webhook_body(prediction)
    for _ in range(2):
        response = deliver(http, prediction, body, stand_in.webhook_headers(body))
        assert succeeded(response, 200) == {"success": True}
    job = alice.ended(job_id)
    assert (job["status"], job["error_message"]) == ("completed", None)
    assert alice.listed_ids() == [job["asset_id"]]


def test_the_result_comes_from_the_provider_not_from_the_webhook(
    alice: Caller, http: httpx.Client, stand_in: StandIn, image_url: str
) -> None:
    """Even someone with the account's secret cannot choose what is downloaded."""
    job_id = alice.generating(NO_WEBHOOK, input={"image": image_url})
    prediction = succeeded_prediction(stand_in, job_id)
    forged = webhook_body(prediction, status="failed", error="forged", output="http://127.0.0.1/")
    succeeded(deliver(http, prediction, forged, stand_in.webhook_headers(forged)), 200)
    job = alice.ended(job_id)
    assert (job["status"], job["error_message"]) == ("completed", None)


def test_a_prediction_cannot_complete_another_job(
    alice: Caller, bob: Caller, http: httpx.Client, stand_in: StandIn, image_url: str
) -> None:
    """The query of a webhook's URL is not signed."""
    theirs = alice.generating(NO_WEBHOOK, input={"image": image_url})
    job_id = bob.generating("stand-in/never-starts")
    prediction = succeeded_prediction(stand_in, theirs)
    [mine] = stand_in.predictions_of(job_id)
    body = webhook_body(prediction)
    succeeded(deliver(http, mine, body, stand_in.webhook_headers(body)), 200)
    # Messages are handled roughly in order, so the prediction's own job comes last.
    succeeded(deliver(http, prediction, body, stand_in.webhook_headers(body)), 200)
    assert alice.ended(theirs)["status"] == "completed"
    assert succeeded(bob.job(job_id), 200)["status"] == "pending"
    assert bob.listed_ids() == []


@pytest.mark.parametrize(
    ("query", "body", "field"),
    [
        ({}, b'{"id": "abc"}', "query"),
        ({"owner": ALICE, "job": "not-an-id"}, b'{"id": "abc"}', "query"),
        ({"owner": ALICE, "job": UNKNOWN_ID}, b"{", "body"),
        ({"owner": ALICE, "job": UNKNOWN_ID}, b'{"id": "../x"}', "id"),
    ],
)
def test_a_signed_webhook_without_a_job_or_prediction_is_refused(
    query: dict[str, str], body: bytes, field: str, http: httpx.Client, stand_in: StandIn
) -> None:
    response = http.post(PATH, params=query, content=body, headers=stand_in.webhook_headers(body))
    assert refused(response, 422).startswith(f"{field}: ")
