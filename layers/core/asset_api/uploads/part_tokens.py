"""Ids of uploads in parts: signed, opaque to clients, and the only record that this API keeps of an upload.

An id contains S3's upload id, the file's size, the part size and an expiry. Its signature also covers the owner and the
asset id, so it is valid only for these. The file's name, type, options and checksum are not in it, because S3 stores
them with its upload id, where nobody can change them.
"""

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import NamedTuple, Self

from asset_api.uploads.part_sizes import PartSizes

# S3 aborts an incomplete upload a day after it began, at the earliest (the lifecycle rule in template.yaml).
LIFETIME_SECONDS = 24 * 3600
MAX_CHARACTERS = 1024
_PURPOSE = b"upload in parts, 1"
_SIGNATURE_BYTES = 24


class InvalidTokenError(ValueError):
    """The string is not the id of an upload of this owner and asset, or has expired."""


class PartToken(NamedTuple):
    """An upload in parts. `expires_at` is in Unix seconds."""

    s3_upload_id: str
    sizes: PartSizes
    expires_at: int

    def seal(self, owner: str, asset_id: str, *, secret: str) -> str:
        """Return the id for the client: URL-safe, about 200 characters."""
        stated = [self.s3_upload_id, self.sizes.size_bytes, self.sizes.part_size, self.expires_at]
        payload = _encoded(json.dumps(stated, separators=(",", ":")).encode())
        return f"{payload}.{_signature(payload, owner, asset_id, secret)}"

    @classmethod
    def open(cls, text: str, owner: str, asset_id: str, *, secret: str, now: datetime) -> Self:
        """Parse an unexpired id that `seal` returned for this owner and asset. Raises InvalidTokenError otherwise."""
        payload, _, signature = text.partition(".")
        if len(text) > MAX_CHARACTERS or not text.isascii():
            raise InvalidTokenError("not an upload id")
        # The signature is compared as text, so that each id has exactly one spelling.
        if not hmac.compare_digest(signature, _signature(payload, owner, asset_id, secret)):
            raise InvalidTokenError("not the id of this upload")
        s3_upload_id, size_bytes, part_size, expires_at = json.loads(base64.urlsafe_b64decode(payload + "=="))
        if now.timestamp() >= expires_at:
            raise InvalidTokenError("the upload has expired")
        return cls(s3_upload_id, PartSizes(size_bytes, part_size), expires_at)

    @property
    def expires(self) -> str:
        """The expiry in ISO 8601, as clients see it."""
        return datetime.fromtimestamp(self.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signature(payload: str, owner: str, asset_id: str, secret: str) -> str:
    if not secret:
        raise ValueError("ASSET_ID_SALT is not set, so anyone could forge upload ids")
    key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
    # JSON, so that no two different triples have the same encoding.
    signed = json.dumps([payload, owner, asset_id]).encode()
    return _encoded(hmac.digest(key, signed, "sha256")[:_SIGNATURE_BYTES])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
