"""The form's signature, recomputed by Amazon's description."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from botocore.credentials import Credentials

from asset_api.media.file_types import MP4
from asset_api.publishing.arrivals import Upload
from asset_api.uploads.form_signing import FormSigner

UPLOAD = Upload("019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "alice", "clip.mp4", MP4)
ISSUED_AT = datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC)


def signer(token: str | None = None) -> FormSigner:
    credentials = Credentials("AKIDEXAMPLE", "secret", token)
    return FormSigner("incoming", "incoming.s3.eu-west-1.amazonaws.com", "eu-west-1", "", lambda: credentials)


def signed(by: FormSigner, *, size_bytes: int | None) -> dict[str, Any]:
    return by.sign(UPLOAD, size_bytes=size_bytes, issued_at=ISSUED_AT, base_url="https://assets.example.com")


def test_the_signature_is_sigv4_of_the_policy() -> None:
    """ "Calculating a Signature" in "Authenticating Requests in Browser-Based Uploads Using POST"."""
    fields = signed(signer(), size_bytes=None)["fields"]
    access_key, date, *scope = fields["x-amz-credential"].split("/")
    assert (access_key, scope) == ("AKIDEXAMPLE", ["eu-west-1", "s3", "aws4_request"])
    key = b"AWS4secret"
    for part in (date, *scope):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    assert fields["x-amz-signature"] == hmac.new(key, fields["policy"].encode(), hashlib.sha256).hexdigest()


def test_the_session_token_is_in_the_form_and_its_policy() -> None:
    fields = signed(signer("a-session-token"), size_bytes=5)["fields"]
    assert fields["x-amz-security-token"] == "a-session-token"
    conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]
    assert {"x-amz-security-token": "a-session-token"} in conditions


def test_posts_to_the_buckets_own_region() -> None:
    assert signed(signer(), size_bytes=5)["url"] == "https://incoming.s3.eu-west-1.amazonaws.com/"
