"""Enforcement of forms by S3: altered ones are refused, and browsers may post them."""

import base64
import json

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, refused, refused_by_s3, succeeded
from tests.e2e.local_stack import LocalStack

ORIGIN = "https://app.example"
OWNER_MALLORY = base64.urlsafe_b64encode(b"mallory").decode().rstrip("=")


@pytest.mark.parametrize(
    "changed",
    [
        {"key": "uploads/0199d1a0-0000-7000-8000-000000000000"},
        {"key": "api/v2/assets/0199d1a0-0000-7000-8000-000000000000"},
        {"Content-Type": "text/html"},
        {"x-amz-meta-owner": OWNER_MALLORY},
        {"x-amz-meta-filename": OWNER_MALLORY},
        {"x-amz-meta-sha256": "0" * 64},
        {"x-amz-meta-more": "than the policy has"},
        {"acl": "public-read"},
        {"success_action_status": "200"},
        {"x-amz-signature": "0" * 64},
    ],
    ids=str,
)
def test_s3_refuses_a_changed_form(changed: dict[str, str], alice: Caller) -> None:
    response = succeeded(alice.ask_for_form("clip.mp4"), 201)
    code = refused_by_s3(alice.post(response["upload"], media.mp4(), **changed), 403)
    assert code in ("AccessDenied", "SignatureDoesNotMatch", "InvalidPolicyDocument")
    assert refused(alice.complete(response["asset_id"]), 409).startswith("The file has not arrived yet")


def test_s3_refuses_a_policy_that_the_client_wrote(alice: Caller) -> None:
    response = succeeded(alice.ask_for_form("clip.mp4"), 201)
    policy = json.loads(base64.b64decode(response["upload"]["fields"]["policy"]))
    policy["conditions"] = [c for c in policy["conditions"] if "x-amz-meta-owner" not in c]
    policy["conditions"].append({"x-amz-meta-owner": OWNER_MALLORY})
    changed = {"policy": base64.b64encode(json.dumps(policy).encode()).decode(), "x-amz-meta-owner": OWNER_MALLORY}
    assert refused_by_s3(alice.post(response["upload"], media.mp4(), **changed), 403) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("missing", ["x-amz-meta-owner", "x-amz-meta-filename", "Content-Type"])
def test_s3_refuses_a_form_without_one_of_its_fields(missing: str, alice: Caller) -> None:
    response = succeeded(alice.ask_for_form("clip.mp4"), 201)
    upload = {**response["upload"], "fields": {k: v for k, v in response["upload"]["fields"].items() if k != missing}}
    refused_by_s3(alice.post(upload, media.mp4()), 403)


@pytest.mark.parametrize(("more", "code"), [(1, "EntityTooLarge"), (-1, "EntityTooSmall")])
def test_s3_accepts_exactly_the_declared_size(more: int, code: str, alice: Caller) -> None:
    response = succeeded(alice.ask_for_form("clip.mp4", size_bytes=4096), 201)
    assert refused_by_s3(alice.post(response["upload"], media.padded_mp4(4096 + more)), 400) == code
    assert alice.post(response["upload"], media.padded_mp4(4096)).status_code == 201


def test_s3_refuses_an_empty_file_and_one_over_50_mb(alice: Caller) -> None:
    upload = succeeded(alice.ask_for_form("clip.mp4"), 201)["upload"]
    assert refused_by_s3(alice.post(upload, b""), 400) == "EntityTooSmall"
    assert refused_by_s3(alice.post(upload, bytes(50 * 1024 * 1024 + 1)), 400) == "EntityTooLarge"


def test_nobody_can_read_the_incoming_bucket(alice: Caller, http: httpx.Client, stack: LocalStack) -> None:
    response = alice.arrived("image.jpg", media.gif())  # refused, so it stays where it is
    bucket, key = response["upload"]["url"].rpartition("/")[2], response["upload"]["key"]
    for path in ("", f"/{key}"):
        assert http.get(f"{stack.emulator_url}/{bucket}{path}").status_code == 403
        # The front door forwards only the posts of forms to the bucket.
        assert http.get(f"/{bucket}{path}").status_code == 404


def test_any_origin_may_post_a_form_and_read_the_etag_and_location(alice: Caller, http: httpx.Client) -> None:
    upload = succeeded(alice.ask_for_form("clip.mp4"), 201)["upload"]
    preflight_headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = http.options(upload["url"], headers=preflight_headers)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] in ("*", ORIGIN)
    assert "POST" in preflight.headers["access-control-allow-methods"]
    posted = http.post(
        upload["url"], data=upload["fields"], files={"file": ("blob", media.mp4())}, headers={"Origin": ORIGIN}
    )
    assert posted.status_code == 201
    assert posted.headers["access-control-allow-origin"] in ("*", ORIGIN)
    exposed = {name.strip().lower() for name in posted.headers["access-control-expose-headers"].split(",")}
    assert {"etag", "location"} <= exposed
    assert posted.headers["etag"]
    assert posted.headers["location"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_browsers_may_only_post_to_the_incoming_bucket(method: str, alice: Caller, http: httpx.Client) -> None:
    upload = succeeded(alice.ask_for_form("clip.mp4"), 201)["upload"]
    response = http.options(upload["url"], headers={"Origin": ORIGIN, "Access-Control-Request-Method": method})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
