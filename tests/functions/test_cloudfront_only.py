"""API Gateway's own host is public. Direct calls get only the health check."""

import hashlib
import json

import pytest

from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import SETTINGS, configure
from tests.functions.gateway import ORIGIN_SECRET, Caller

ASSET = "/api/v2/assets/0199d1a0-7c3b-7def-8a12-0123456789ab"
OTHERS = (hashlib.sha256(b"a newer one").hexdigest(), hashlib.sha256(b"the newest").hexdigest())


@pytest.mark.parametrize("secret", ["", "a guess", ORIGIN_SECRET + "x", *SETTINGS.origin_secret_hashes])
@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/api/v2/upload-asset", b'{"filename": "a.png"}'),
        ("POST", f"{ASSET}/complete", b""),
        ("GET", "/api/v2/assets", b""),
        ("GET", f"{ASSET}/metadata", b""),
        ("DELETE", ASSET, b""),
        ("POST", "/api/v2/generate", b'{"prompt": "p", "model_id": "a/b"}'),
        ("GET", "/api/v2/jobs", b""),
        ("POST", "/api/v2/jobs/0199d1a0-7c3b-7def-8a12-0123456789ab/cancel", b""),
        ("POST", "/api/v2/webhooks/replicate", b"{}"),
        ("GET", "/api/v2/nothing", b""),
    ],
)
def test_a_request_without_cloudfronts_secret_gets_nothing(
    method: str, target: str, body: bytes, secret: str, alice: Caller, calls: AwsCalls
) -> None:
    response = alice.request(method, target, body=body, headers={"x-origin-secret": secret})
    assert (response.status, response.detail) == (404, "Not found: the API has no such path and method")
    assert calls.made == []


def test_the_health_check_needs_no_secret(alice: Caller) -> None:
    assert alice.request("GET", "/api/v2/health", headers={"x-origin-secret": "a guess"}).status == 200


@pytest.mark.parametrize(
    "hashes", [(*SETTINGS.origin_secret_hashes, *OTHERS), (*OTHERS, *SETTINGS.origin_secret_hashes)]
)
def test_the_previous_secret_is_accepted_during_a_rotation(
    hashes: tuple[str, ...], alice: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, origin_secret_hashes=hashes)
    assert alice.request("GET", "/api/v2/assets").status == 200


def test_an_empty_secret_is_refused_if_none_is_configured(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, origin_secret_hashes=())
    assert alice.request("GET", "/api/v2/assets", headers={"x-origin-secret": ""}).status == 404


def test_missing_bytes_are_an_unknown_asset() -> None:
    """CloudFront asks the API after S3 has refused, without the viewer's token."""
    response = Caller(None).request("GET", ASSET)
    assert (response.status, response.detail) == (404, "Asset not found")
    assert json.loads(response.body)["type"].endswith(":asset-not-found")
