"""POST /api/v2/webhooks/replicate accepts only what Replicate signed."""

from typing import Any

import httpx
import pytest

from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.e2e.stand_in import StandIn, webhook_body

PATH = "/api/v2/webhooks/replicate"
NO_WEBHOOK = "stand-in/drops-webhook"
PATIENCE_SECONDS = 30
# As the address of a webhook has an owner.
ALICE = "YWxpY2U"
UNKNOWN_ID = "0199d1a0-0000-7000-8000-000000000000"


def succeeded_prediction(stand_in: StandIn, job_id: str) -> dict[str, Any]:
    """Return a job's prediction once it has succeeded."""

    def look() -> dict[str, Any] | None:
        [prediction] = stand_in.predictions_of(job_id)
        return prediction if prediction["status"] == "succeeded" else None

    return eventually(f"a prediction of {job_id}", look, patience_seconds=PATIENCE_SECONDS)


def deliver(http: httpx.Client, prediction: dict[str, Any], body: bytes, headers: dict[str, str]) -> httpx.Response:
    return http.post(prediction["webhook"], content=body, headers=headers)


def test_only_a_genuine_webhook_finishes_a_job(
    alice: Caller, http: httpx.Client, stand_in: StandIn, image_url: str
) -> None:
    job_id = alice.generating(NO_WEBHOOK, input={"image": image_url})
    prediction = succeeded_prediction(stand_in, job_id)
    lie = webhook_body(prediction, status="failed", error="forged", output=None)
    genuine = stand_in.webhook_headers(lie)
    unsigned = {name: value for name, value in genuine.items() if not name.startswith("webhook-")}
    assert refused(deliver(http, prediction, lie, unsigned), 401) == "Not authenticated"
    for body, headers in (
        (lie, {**genuine, "webhook-signature": "v1,c29tZWJvZHkgZWxzZQ=="}),
        (lie, {**genuine, "webhook-id": "msg_2"}),
        (lie, stand_in.webhook_headers(lie, seconds_ago=330)),
        (lie, stand_in.webhook_headers(lie, seconds_ago=-330)),
        (lie + b" ", genuine),
    ):
        assert refused(deliver(http, prediction, body, headers), 401) == "Invalid or expired token"
    assert succeeded(alice.job(job_id), 200)["status"] == "pending"

    body = webhook_body(prediction)
    for _ in range(2):
        response = deliver(http, prediction, body, stand_in.webhook_headers(body))
        assert succeeded(response, 200) == {"success": True}
    job = alice.ended(job_id, patience_seconds=PATIENCE_SECONDS)
    assert (job["status"], job["error_message"]) == ("completed", None)
    assert alice.listed_ids() == [job["asset_id"]]


def test_a_job_becomes_what_the_provider_says_and_not_what_a_webhook_says(
    alice: Caller, http: httpx.Client, stand_in: StandIn, image_url: str
) -> None:
    """Whoever has the secret of an account still does not choose what is downloaded."""
    job_id = alice.generating(NO_WEBHOOK, input={"image": image_url})
    prediction = succeeded_prediction(stand_in, job_id)
    lie = webhook_body(prediction, status="failed", error="forged", output="http://127.0.0.1/")
    succeeded(deliver(http, prediction, lie, stand_in.webhook_headers(lie)), 200)
    job = alice.ended(job_id, patience_seconds=PATIENCE_SECONDS)
    assert (job["status"], job["error_message"]) == ("completed", None)


def test_a_prediction_is_of_no_use_to_another_job(
    alice: Caller, bob: Caller, http: httpx.Client, stand_in: StandIn, image_url: str
) -> None:
    """The query of a webhook's address is not signed."""
    theirs = alice.generating(NO_WEBHOOK, input={"image": image_url})
    job_id = bob.generating("stand-in/never-starts")
    prediction = succeeded_prediction(stand_in, theirs)
    [mine] = stand_in.predictions_of(job_id)
    body = webhook_body(prediction)
    succeeded(deliver(http, mine, body, stand_in.webhook_headers(body)), 200)
    # Handled in the order they came in, or nearly: the other's own comes after it.
    succeeded(deliver(http, prediction, body, stand_in.webhook_headers(body)), 200)
    assert alice.ended(theirs, patience_seconds=PATIENCE_SECONDS)["status"] == "completed"
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
def test_a_genuine_webhook_of_no_prediction_is_refused(
    query: dict[str, str], body: bytes, field: str, http: httpx.Client, stand_in: StandIn
) -> None:
    response = http.post(PATH, params=query, content=body, headers=stand_in.webhook_headers(body))
    assert refused(response, 422).startswith(f"{field}: ")
