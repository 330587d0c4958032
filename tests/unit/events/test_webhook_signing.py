"""Signatures as Standard Webhooks specifies them."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from asset_api.events import webhook_signing

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_signs_as_the_specification_does() -> None:
    """Test vector of the specification's own libraries."""
    headers = webhook_signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [SECRET])
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(body=st.text(), key=st.binary(min_size=24, max_size=64))
def test_any_signed_body_verifies_with_the_reference_library(body: str, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    now = int(datetime.now(UTC).timestamp())
    headers = webhook_signing.headers("asset_published_1", now, body.encode("utf-8", "surrogatepass"), [secret])
    Webhook(secret).verify(body.encode("utf-8", "surrogatepass"), headers, json_parse=False)


def test_every_secret_signs_during_a_rotation() -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = webhook_signing.headers("asset_published_1", now, b"{}", [OTHER, SECRET])
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(b"{}", headers)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_-", "", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"])
def test_a_malformed_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhook_signing.headers("id", 0, b"{}", [secret])
