"""Verification of webhooks with the test vectors of the Standard Webhooks specification."""

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import asset_upload_client
from asset_upload_client import WebhookNotVerified

# From "Verifying webhooks manually" by the specification's authors, and from their libraries' tests.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = "1614265330"
BODY = '{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {"webhook-id": MESSAGE_ID, "webhook-timestamp": TIMESTAMP, "webhook-signature": SIGNATURE}
NOW = float(TIMESTAMP)
# The published event is not one of ours.
verify_webhook: Callable[..., Any] = asset_upload_client.verify_webhook
OTHER_SECRET = "whsec_" + base64.b64encode(b"another secret, of 24 b.").decode()


def test_the_published_vector_verifies() -> None:
    assert verify_webhook(BODY, HEADERS, SECRET, now=NOW) == {"test": 2432232314}
    assert verify_webhook(BODY.encode(), HEADERS, SECRET, now=NOW) == {"test": 2432232314}


@pytest.mark.parametrize(
    "headers",
    [
        {name.title(): value for name, value in HEADERS.items()},
        {**HEADERS, "webhook-signature": f"v1,{'A' * 43}= v2,x v1a,y {SIGNATURE}"},
    ],
    ids=["other case", "several signatures"],
)
def test_header_names_are_case_insensitive_and_any_valid_signature_suffices(headers: dict[str, str]) -> None:
    verify_webhook(BODY, headers, SECRET, now=NOW)


def test_any_of_several_secrets_verifies() -> None:
    verify_webhook(BODY, HEADERS, [OTHER_SECRET, SECRET], now=NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"webhook-id": "msg_other"}, "No signature"),
        ({"webhook-timestamp": "1614265331"}, "No signature"),
        ({"webhook-timestamp": "1614265000"}, "more than 300 s"),
        ({"webhook-timestamp": "1614265700"}, "more than 300 s"),
        ({"webhook-timestamp": "-1614265330"}, "not a number"),
        ({"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"}, "not a number"),
        ({"webhook-signature": SIGNATURE.replace("v1,", "v2,")}, "No signature"),
        ({"webhook-signature": SIGNATURE.replace("v1,", "")}, "No signature"),
        ({"webhook-signature": "v1,"}, "No signature"),
        ({"webhook-signature": "v1,é"}, "No signature"),
        ({"webhook-signature": ""}, "no webhook-signature"),
        ({"webhook-id": ""}, "no webhook-id"),
    ],
)
def test_invalid_headers_are_refused(change: dict[str, str], words: str) -> None:
    with pytest.raises(WebhookNotVerified, match=words):
        verify_webhook(BODY, {**HEADERS, **change}, SECRET, now=NOW)


def test_an_altered_body_and_another_secret_are_refused() -> None:
    with pytest.raises(WebhookNotVerified):
        verify_webhook(BODY + " ", HEADERS, SECRET, now=NOW)
    with pytest.raises(WebhookNotVerified):
        verify_webhook(BODY, HEADERS, OTHER_SECRET, now=NOW)
    with pytest.raises(WebhookNotVerified):
        verify_webhook(BODY, HEADERS, [], now=NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64"])
def test_a_malformed_secret_is_a_value_error(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        verify_webhook(BODY, HEADERS, secret, now=NOW)


@given(st.binary(min_size=1), st.dictionaries(st.text(), st.integers()), st.text("abc_0", min_size=1))
def test_any_signed_body_verifies_and_its_prefix_does_not(key: bytes, event: dict[str, int], message_id: str) -> None:
    body = json.dumps(event).encode()
    digest = hmac.digest(key, f"{message_id}.{TIMESTAMP}.".encode() + body, "sha256")
    headers = {**HEADERS, "webhook-id": message_id, "webhook-signature": "v1," + base64.b64encode(digest).decode()}
    secret = "whsec_" + base64.b64encode(key).decode()
    assert verify_webhook(body, headers, secret, now=NOW) == event
    with pytest.raises(WebhookNotVerified):
        verify_webhook(body[:-1], headers, secret, now=NOW)
