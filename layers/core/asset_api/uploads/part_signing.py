"""Signing of requests that upload one part each: S3 presigned PUTs (SigV4), without a call.

The signature covers the key, S3's upload id, the part's number and its exact length, and the MD5 if the client declared
it. See "Authenticating Requests: Using Query Parameters" in the S3 API reference.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from asset_api.publishing import arrivals

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import Credentials

    from asset_api.uploads.part_tokens import PartToken

LIFETIME_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class PartSigner:
    """Signs PUTs to one bucket, with the credentials of this function's role."""

    bucket: str
    bucket_domain: str
    region: str
    endpoint_url: str
    credentials: "Callable[[], Credentials]"

    def sign(
        self, asset_id: str, token: "PartToken", numbers: Iterable[int], md5s: Mapping[int, str], *, base_url: str
    ) -> list[dict[str, Any]]:
        """Sign a request for each of these parts. `md5s` are the declared ones (base64), by part number."""
        key = quote(arrivals.object_key(asset_id))
        signed_url = f"{self.endpoint_url}/{self.bucket}" if self.endpoint_url else f"https://{self.bucket_domain}"
        # The local stack receives parts at the client's own host, and its front door restores the signed host.
        url = f"{base_url}/{self.bucket}" if self.endpoint_url else signed_url
        signature = S3SigV4QueryAuth(self.credentials(), "s3", self.region, expires=LIFETIME_SECONDS)
        signed = []
        for number in numbers:
            size = token.sizes.size(number)
            query = urlencode({"partNumber": number, "uploadId": token.s3_upload_id}, quote_via=quote)
            headers = {"Content-MD5": md5s[number]} if number in md5s else {}
            request = AWSRequest("PUT", f"{signed_url}/{key}?{query}", {**headers, "Content-Length": str(size)})
            signature.add_auth(request)
            part = {"part_number": number, "method": "PUT", "url": url + str(request.url).removeprefix(signed_url)}
            # Not Content-Length: every HTTP client sends it, and no browser lets a page set it.
            signed.append({**part, "headers": headers, "size": size})
        return signed
