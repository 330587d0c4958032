"""Signatures of Standard Webhooks, with the test vector of its reference libraries and of Replicate's client."""

from datetime import UTC, datetime
from typing import Any

import pytest

from asset_api.generation.webhook_signatures import WebhookVerifier
from asset_api.platform.errors import ApiError

# replicate-python, tests/test_webhook.py
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
TIMESTAMP = 1614265330
HEADERS = {
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": str(TIMESTAMP),
    "signatures": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
GOOD = HEADERS["signatures"]
BAD = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="


def verify(body: bytes = BODY, *, secret: str = SECRET, seconds_later: float = 0, **changed: str | None) -> int:
    """Return the status with which the webhook is refused, or 200."""
    verifier = WebhookVerifier(secret, lambda: datetime.fromtimestamp(TIMESTAMP + seconds_later, UTC))
    try:
        verifier.verify(body, **(HEADERS | changed))
    except ApiError as refusal:
        return refusal.status
    return 200


def test_accepts_the_published_test_vector() -> None:
    assert verify() == 200


@pytest.mark.parametrize("signatures", [f"{BAD} {GOOD}", f"v2,xyz {GOOD} {BAD}", f"v1a,{GOOD[3:]} {GOOD}"])
def test_accepts_one_valid_signature_among_several(signatures: str) -> None:
    assert verify(signatures=signatures) == 200


@pytest.mark.parametrize("seconds", [-300, -1, 1, 300])
def test_accepts_five_minutes_of_clock_difference(seconds: int) -> None:
    assert verify(seconds_later=seconds) == 200


@pytest.mark.parametrize("seconds", [-301, 301, 86400, -86400])
def test_refuses_a_signature_of_another_time(seconds: int) -> None:
    assert verify(seconds_later=seconds) == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"message_id": "msg_other"},
        {"timestamp": str(TIMESTAMP + 1)},
        {"timestamp": "1614265330.0"},
        {"timestamp": "-5"},
        {"timestamp": "٣"},
        {"timestamp": "9" * 400},
        {"signatures": BAD},
        {"signatures": GOOD.replace("v1,", "v2,")},
        {"signatures": GOOD.removeprefix("v1,")},
        {"signatures": "v1,"},
        {"signatures": "v1,\udcff"},
        {"signatures": " "},
        {"message_id": None},
        {"timestamp": None},
        {"signatures": None},
        {"message_id": ""},
    ],
)
def test_refuses_malformed_signatures(changed: dict[str, Any]) -> None:
    assert verify(**changed) == 401


def test_refuses_another_body() -> None:
    assert verify(BODY + b" ") == 401


def test_refuses_another_secret() -> None:
    assert verify(secret="whsec_c2VjcmV0LW9mLWEtcm90YXRlZC1lbmRwb2ludA==") == 401


def test_refuses_everything_without_a_secret() -> None:
    assert verify(secret="") == 401
    assert verify(secret="whsec_") == 401


def test_a_malformed_secret_is_a_deployment_error() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify(secret="whsec_not base64")
