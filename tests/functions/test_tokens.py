"""Tokens on every route that needs one."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.functions.conftest import configure
from tests.functions.gateway import SECRET, Caller, Response
from tests.unit.platform import test_jwks

OTHER_SECRET = "another-secret-for-tests-of-64-characters-".ljust(64, "s")
ASSET = "/api/v2/assets/019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
ROUTES = [
    ("POST", "/api/v2/upload-asset"),
    ("POST", f"{ASSET}/complete"),
    ("GET", "/api/v2/assets"),
    ("GET", f"{ASSET}/metadata"),
    ("DELETE", ASSET),
]


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    return jwt.encode({"sub": "alice", "exp": int(time.time()) + 60} | claims, secret, algorithm=algorithm)


def ask(authorization: str) -> Response:
    return Caller(None).request("GET", "/api/v2/assets", headers={"authorization": authorization})


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_works_without_a_token(method: str, path: str, anonymous: Caller) -> None:
    response = anonymous.request(method, path)
    assert (response.status, response.detail) == (401, "Not authenticated")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_works_with_an_invalid_token(method: str, path: str, anonymous: Caller) -> None:
    response = anonymous.request(method, path, headers={"authorization": "Bearer nonsense"})
    assert (response.status, response.detail) == (401, "Invalid or expired token")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_valid_token_acts_as_its_subject() -> None:
    assert ask(f"Bearer {token()}").status == 200


def test_secret_rotation_refuses_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = token(SECRET), token(OTHER_SECRET)
    configure(monkeypatch, jwt_secrets=(SECRET,))
    assert [ask(f"Bearer {each}").status for each in (old, new)] == [200, 401]
    configure(monkeypatch, jwt_secrets=(OTHER_SECRET, SECRET))
    assert [ask(f"Bearer {each}").status for each in (old, new)] == [200, 200]
    configure(monkeypatch, jwt_secrets=(OTHER_SECRET,))
    assert [ask(f"Bearer {each}").status for each in (old, new)] == [401, 200]


def test_a_deployment_without_keys_is_a_500_without_details(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, jwt_secrets=())
    assert (ask(f"Bearer {token()}").status, ask(f"Bearer {token()}").detail) == (500, "Internal server error")


def test_a_tampered_token_is_refused() -> None:
    head, _, signature = token().split(".")
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "bob", "exp": 9999999999}).encode()).decode().rstrip("=")
    assert ask(f"Bearer {head}.{claims}.{signature}").detail == "Invalid or expired token"


@pytest.mark.parametrize("owner", ["alice", "auth0|5f7c8ec7c33c6c004bbafe82", "a b", "ü" * 127, "日本", "x" * 255])
def test_any_subject_of_up_to_255_bytes_owns_what_it_uploads(owner: str) -> None:
    caller = Caller(owner)
    asset_id = caller.ask_for_form(filename="a.png").json()["asset_id"]
    assert caller.complete(asset_id).status == 409
    assert Caller(owner + "x" if len(owner) < 255 else "y").complete(asset_id).status == 404


@pytest.mark.parametrize(
    "forge",
    [
        lambda: token(exp=int(time.time()) - 1),
        lambda: token(nbf=int(time.time()) + 60),
        lambda: token(OTHER_SECRET),
        lambda: token(algorithm="HS384"),
        lambda: token(algorithm="HS512"),
        lambda: token("", algorithm="none"),
        lambda: token(sub=""),
        lambda: token(sub="x" * 256),
        lambda: jwt.encode({"exp": int(time.time()) + 60}, SECRET),
        lambda: jwt.encode({"sub": "alice"}, SECRET),
    ],
    ids=["expired", "early", "other-secret", "HS384", "HS512", "none", "empty-sub", "long-sub", "no-sub", "no-exp"],
)
def test_every_other_token_is_refused_with_the_same_message(forge: Callable[[], str]) -> None:
    response = ask(f"Bearer {forge()}")
    assert (response.status, response.detail) == (401, "Invalid or expired token")


def test_with_an_identity_provider_only_its_tokens_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    issued = {algorithm: test_jwks.token(algorithm, algorithm) for algorithm in test_jwks.KEYS}
    document = json.dumps({"keys": [test_jwks.jwk(algorithm, algorithm) for algorithm in issued]}).encode()
    with test_jwks.responding(200, document, {}) as url:
        configure(monkeypatch, jwt_jwks_url=url)
        assert {algorithm: ask(f"Bearer {bearer}").status for algorithm, bearer in issued.items()} == dict.fromkeys(
            issued, 200
        )
        assert ask(f"Bearer {token()}").status == 401


def test_an_unreachable_identity_provider_is_a_503_with_retry_after(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, jwt_jwks_url="http://127.0.0.1:1/jwks")
    response = ask(f"Bearer {test_jwks.token('RS256', 'a')}")
    assert (response.status, response.headers["retry-after"]) == (503, "30")
    assert response.detail == "The identity provider is temporarily unavailable; try again"
