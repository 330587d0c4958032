"""Signatures of webhooks by Standard Webhooks 1.0: HMAC-SHA256 of `id.timestamp.body`.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hmac
from collections.abc import Sequence

_SECRET_PREFIX = "whsec_"  # noqa: S105  what comes before the secret


def headers(event_id: str, timestamp: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers, with a signature for each secret, so that receivers can switch secrets at any time.

    `timestamp` is the attempt's, in Unix seconds. Raises ValueError for a secret that is not `whsec_` and base64.
    """
    signed = f"{event_id}.{timestamp}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode() for secret in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(_SECRET_PREFIX)
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is not whsec_ and base64") from error
    if not key:
        raise ValueError("a webhook secret is empty")
    return key
