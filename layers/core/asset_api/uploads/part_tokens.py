"""Ids of uploads in parts: signed, opaque to clients, and all that this API keeps of an upload.

An id states S3's upload id, the file's size and the part size, and ends at a time. Its signature also covers the owner
and the asset id, which it does not state: another owner, and another asset, need another signature. The file's name,
type, options and checksum are not repeated, since S3 keeps them with its upload id, where nobody can change them.
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
    """A text that is no id of an upload of this owner and asset, or that is over."""


class PartToken(NamedTuple):
    """An upload in parts. `expires_at` is in Unix seconds."""

    s3_upload_id: str
    sizes: PartSizes
    expires_at: int

    def seal(self, owner: str, asset_id: str, *, secret: str) -> str:
        """The id to hand out: URL-safe, of some 200 characters."""
        stated = [self.s3_upload_id, self.sizes.size_bytes, self.sizes.part_size, self.expires_at]
        payload = _encoded(json.dumps(stated, separators=(",", ":")).encode())
        return f"{payload}.{_signature(payload, owner, asset_id, secret)}"

    @classmethod
    def open(cls, text: str, owner: str, asset_id: str, *, secret: str, now: datetime) -> Self:
        """Raises InvalidTokenError for anything but what `seal` returned for this owner and asset, before its end."""
        payload, _, signature = text.partition(".")
        if len(text) > MAX_CHARACTERS or not text.isascii():
            raise InvalidTokenError("not an id of an upload")
        # The signature is compared as text: each id has exactly one spelling.
        if not hmac.compare_digest(signature, _signature(payload, owner, asset_id, secret)):
            raise InvalidTokenError("not an id of this upload")
        s3_upload_id, size_bytes, part_size, expires_at = json.loads(base64.urlsafe_b64decode(payload + "=="))
        if now.timestamp() >= expires_at:
            raise InvalidTokenError("the upload is over")
        return cls(s3_upload_id, PartSizes(size_bytes, part_size), expires_at)

    @property
    def expires(self) -> str:
        """The end in ISO 8601, as it is shown to clients."""
        return datetime.fromtimestamp(self.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _signature(payload: str, owner: str, asset_id: str, secret: str) -> str:
    if not secret:
        raise ValueError("ASSET_ID_SALT is not set: anyone could make ids of uploads")
    key = hmac.digest(secret.encode(), _PURPOSE, "sha256")
    # As a JSON list, no two different triples are the same text.
    signed = json.dumps([payload, owner, asset_id]).encode()
    return _encoded(hmac.digest(key, signed, "sha256")[:_SIGNATURE_BYTES])


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
