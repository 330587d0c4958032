"""Standard Webhooks signatures, as used by Replicate.

Sources: https://replicate.com/docs/topics/webhooks/verify-webhook, https://www.standardwebhooks.com
"""

import base64
import binascii
import hmac

_PREFIX = "whsec_"


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: `v1,` followed by an HMAC-SHA256 in base64.

    Raises ValueError unless the secret is `whsec_` followed by base64.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, "sha256")).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        raise ValueError(f"a webhook secret must begin with {_PREFIX}")
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"a webhook secret must be {_PREFIX} followed by base64") from error
