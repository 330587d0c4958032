"""Signing of upload forms: S3 presigned POSTs (SigV4), without a call.

The policy pins everything that S3 can check: bucket, key, content type, owner, file name, and the exact size if it was
declared. See "POST Policy" and "Authenticating Requests in Browser-Based Uploads Using POST" in the S3 API reference.
"""

import base64
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest

from asset_api.media import file_types
from asset_api.publishing import arrivals

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import Credentials

LIFETIME_SECONDS = 900


@dataclass(frozen=True, slots=True)
class FormSigner:
    """Signs forms that post to one bucket, with the credentials of this function's role."""

    bucket: str
    bucket_domain: str
    region: str
    endpoint_url: str
    credentials: "Callable[[], Credentials]"
    max_bytes: int = file_types.MAX_BYTES

    def sign(
        self, upload: "arrivals.Upload", *, size_bytes: int | None, issued_at: dt.datetime, base_url: str
    ) -> dict[str, Any]:
        """Return the `upload` object of the response. If `size_bytes` is None, any size up to the limit is allowed."""
        expires_at = issued_at + dt.timedelta(seconds=LIFETIME_SECONDS)
        key = arrivals.object_key(upload.asset_id)
        pinned = {
            "key": key,
            "Content-Type": upload.media_type.mime,
            "success_action_status": "201",
            **{f"x-amz-meta-{name}": value for name, value in upload.to_metadata().items()},
        }
        if upload.sha256:
            # S3 then refuses other bytes. `publisher` checks too, because the emulator does not.
            pinned["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(upload.sha256)).decode()
        smallest, largest = (1, self.max_bytes) if size_bytes is None else (size_bytes, size_bytes)
        conditions = [
            {"bucket": self.bucket},
            *({name: value} for name, value in pinned.items()),
            ["content-length-range", smallest, largest],
        ]
        return {
            "method": "POST",
            "url": self.url(base_url),
            "fields": self._signed(pinned, conditions, expires_at),
            "key": key,
            "expires": LIFETIME_SECONDS,
            "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def url(self, base_url: str) -> str:
        """Return the URL to post to: the bucket's regional host, because the global one redirects to other regions.

        On the local stack it is the client's own host, `base_url`, so that a client needs only one port.
        """
        return f"{base_url}/{self.bucket}" if self.endpoint_url else f"https://{self.bucket_domain}/"

    def _signed(self, fields: dict[str, str], conditions: list[Any], expires_at: dt.datetime) -> dict[str, str]:
        request = AWSRequest(method="POST", url="https://unused")  # the signature covers only the policy
        request.context["s3-presign-post-fields"] = fields
        request.context["s3-presign-post-policy"] = {
            "expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": conditions,
        }
        S3SigV4PostAuth(self.credentials(), "s3", self.region).add_auth(request)
        return fields
