"""Tokens: who may call the API."""

import time
from typing import Any

import httpx
import jwt
import pytest

from tests import media
from tests.e2e.client import Caller, jwt_secret, refused, succeeded
from tests.e2e.local_stack import LocalStack

UNKNOWN = "0199d1a0-0000-7000-8000-000000000000"
OF_AN_OWNER = [
    ("POST", "/api/v2/upload-asset"),
    ("POST", f"/api/v2/assets/{UNKNOWN}/complete"),
    ("GET", "/api/v2/assets"),
    ("GET", f"/api/v2/assets/{UNKNOWN}/metadata"),
    ("DELETE", f"/api/v2/assets/{UNKNOWN}"),
]
ANOTHER_SECRET = "another secret, of 32 characters or more"


@pytest.mark.parametrize(("method", "path"), OF_AN_OWNER)
def test_refuses_a_request_without_a_token(method: str, path: str, anonymous: Caller) -> None:
    response = anonymous.send(method, path)
    assert refused(response, 401) == "Not authenticated"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), OF_AN_OWNER)
def test_refuses_an_expired_token(method: str, path: str, stack: LocalStack, http: httpx.Client) -> None:
    expired = signed({"sub": "alice", "exp": int(time.time()) - 1}, jwt_secret(stack))
    response = Caller(http, expired).send(method, path)
    assert refused(response, 401) == "Invalid or expired token"
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("credentials", ["Basic YWxpY2U6c2VjcmV0", "Token x", "Bearer", "x"])
def test_another_scheme_counts_as_no_token(credentials: str, anonymous: Caller) -> None:
    response = anonymous.send("GET", "/api/v2/assets", headers={"Authorization": credentials})
    assert refused(response, 401) == "Not authenticated"


@pytest.mark.parametrize(
    "claims", [{"sub": "alice"}, {"exp": 4102444800}, {"sub": "", "exp": 4102444800}, {"sub": 7, "exp": 4102444800}]
)
def test_refuses_a_token_without_an_owner_or_an_expiry(
    claims: dict[str, Any], stack: LocalStack, http: httpx.Client
) -> None:
    assert_invalid(http, signed(claims, jwt_secret(stack)))


def test_refuses_a_token_signed_with_another_secret(http: httpx.Client) -> None:
    assert_invalid(http, signed({"sub": "alice", "exp": int(time.time()) + 3600}, ANOTHER_SECRET))


def test_refuses_the_algorithm_none(http: httpx.Client) -> None:
    assert_invalid(http, signed({"sub": "alice", "exp": int(time.time()) + 3600}, "", algorithm="none"))


def test_refuses_an_algorithm_that_is_not_configured(stack: LocalStack, http: httpx.Client) -> None:
    claims = {"sub": "alice", "exp": int(time.time()) + 3600}
    # HS512 needs 64 bytes, and the local secret has as many.
    assert_invalid(http, signed(claims, jwt_secret(stack), algorithm="HS512"))


@pytest.mark.parametrize("token", ["x", "a.b.c", "e30.e30.", "x" * 8000])
def test_refuses_malformed_tokens(token: str, http: httpx.Client) -> None:
    assert_invalid(http, token)


def test_accepts_the_scheme_in_any_case(alice: Caller, anonymous: Caller) -> None:
    response = anonymous.send("GET", "/api/v2/assets", headers={"Authorization": f"bearer {alice.token}"})
    succeeded(response, 200)


def test_the_owner_is_the_subject_of_the_token(stack: LocalStack, http: httpx.Client) -> None:
    subject = f"auth0|Zoë 🦊 {time.time_ns()}"
    zoe = Caller(http, signed({"sub": subject, "exp": int(time.time()) + 3600}, jwt_secret(stack)))
    asset_id = zoe.uploaded("image.png", media.png())["asset_id"]
    assert zoe.listed_ids() == [asset_id]


def test_owners_cannot_see_each_others_assets(alice: Caller, bob: Caller) -> None:
    asset_id = alice.uploaded("image.png", media.png())["asset_id"]
    assert bob.listed_ids() == []
    assert refused(bob.metadata(asset_id), 404) == "Asset not found"
    assert refused(bob.delete(asset_id), 404) == "Asset not found"
    assert refused(bob.complete(asset_id), 404) == "Asset not found"
    assert alice.listed_ids() == [asset_id]
    assert alice.get(asset_id).content == media.png()


def assert_invalid(http: httpx.Client, token: str) -> None:
    response = Caller(http, token).send("GET", "/api/v2/assets")
    assert refused(response, 401) == "Invalid or expired token"
    assert response.headers["www-authenticate"] == "Bearer"


def signed(claims: dict[str, Any], secret: str, *, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)
