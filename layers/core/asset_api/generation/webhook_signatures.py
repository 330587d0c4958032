"""Signatures of webhooks (Standard Webhooks 1.0, which Replicate follows): HMAC-SHA256 of `id.timestamp.body`.

https://replicate.com/docs/topics/webhooks/verify-webhook
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from asset_api.platform import errors

TOLERANCE_SECONDS = 300
_SECRET_PREFIX = "whsec_"  # noqa: S105  what comes before the secret
_VERSION = "v1"


@dataclass(frozen=True, slots=True)
class WebhookVerifier:
    """Verifies with `secret` (`whsec_` and base64, as the provider shows it). Without a secret, nothing is valid."""

    secret: str = field(repr=False)
    clock: Callable[[], datetime]

    def verify(self, body: bytes, *, message_id: str | None, timestamp: str | None, signatures: str | None) -> None:
        """Verify a webhook. Raises the 401 without a valid signature, or if the timestamp is too old or too new."""
        if not message_id or not timestamp or not signatures:
            raise errors.not_authenticated()
        if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
            raise errors.invalid_token()
        if abs(self.clock().timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
            raise errors.invalid_token()
        signed = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body
        expected = base64.b64encode(hmac.digest(self._key(), signed, "sha256"))
        candidates = (entry.partition(",") for entry in signatures.split(" "))
        # There are several while the provider rotates its secret. All are compared, in constant time.
        good = [
            hmac.compare_digest(expected, value.encode("utf-8", "surrogatepass"))
            for version, _, value in candidates
            if version == _VERSION
        ]
        if not any(good):
            raise errors.invalid_token()

    def _key(self) -> bytes:
        try:
            key = base64.b64decode(self.secret.removeprefix(_SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise ValueError("the webhook secret is not whsec_ and base64") from error
        if not key:
            raise errors.invalid_token()
        return key
