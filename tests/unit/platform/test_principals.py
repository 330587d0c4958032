"""Shared-secret tokens: valid ones name their owner, and all others get the same 401."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from asset_api.platform import principals
from asset_api.platform.principals import SharedSecrets, Verifier
from tests.refusals import refusal_of

SECRET = "s" * 64
VERIFIER = Verifier(SharedSecrets((SECRET,)), issuer="", audience="")


def signed(claims: dict[str, Any] | None = None, *, secret: str = SECRET, **header: Any) -> str:
    defaults = {"sub": "alice", "exp": int(time.time()) + 60}
    return jwt.encode({**defaults, **(claims or {})}, secret, algorithm="HS256", headers=header)


def raw(header: bytes, claims: bytes, signature: bytes = b"\0" * 32) -> str:
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, claims, signature))


def detail(authorization: str | None, verifier: Verifier = VERIFIER) -> str:
    refusal = refusal_of(lambda: verifier.owner(authorization))
    assert refusal
    assert refusal.status == 401
    assert refusal.headers == {"WWW-Authenticate": "Bearer"}
    return refusal.detail


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=63))
def test_a_valid_token_names_its_owner(owner: str) -> None:
    token = principals.sign(owner, SECRET, expires_at=int(time.time()) + 60)
    assert VERIFIER.owner(f"Bearer {token}") == owner


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_case_insensitive(scheme: str) -> None:
    assert VERIFIER.owner(f" {scheme}  {signed()} ") == "alice"


@pytest.mark.parametrize("header", [None, "", " ", "Bearer", "Bearer ", "Basic YTpi", "Token x", "é"])
def test_a_missing_token_is_not_authenticated(header: str | None) -> None:
    assert detail(header) == "Not authenticated"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 0},
        {"exp": "soon"},
        {"exp": None},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"exp": [1]},
        {"nbf": 9_999_999_999},
        {"nbf": "x"},
        {"iat": float("inf")},
        {"sub": ""},
        {"sub": 5},
        {"sub": None},
        {"sub": ["alice"]},
        {"sub": {"name": "alice"}},
        {"sub": True},
        {"sub": "x" * 256},
        {"sub": "ü" * 128},
        {"sub": "\ud800"},
    ],
    ids=repr,
)
def test_invalid_claims_are_refused(claims: dict[str, Any]) -> None:
    header, payload = b'{"alg":"HS256","typ":"JWT"}', json.dumps({"sub": "alice", "exp": 9_999_999_999} | claims)
    unsigned = raw(header, payload.encode()).rpartition(".")[0]
    signature = jwt.get_algorithm_by_name("HS256").sign(unsigned.encode(), SECRET.encode())
    token = f"{unsigned}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert detail(f"Bearer {token}") == "Invalid or expired token"


@pytest.mark.parametrize("missing", ["sub", "exp"])
def test_sub_and_exp_are_required(missing: str) -> None:
    claims = {"sub": "alice", "exp": 9_999_999_999}
    del claims[missing]
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    assert detail(f"Bearer {token}") == "Invalid or expired token"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "EdDSA", "", "x", 5])
def test_the_token_does_not_choose_the_algorithm(algorithm: object) -> None:
    token = raw(json.dumps({"alg": algorithm}).encode(), b'{"sub":"alice","exp":9999999999}', b"")
    assert detail(f"Bearer {token}") == "Invalid or expired token"


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_valid_signature_of_another_algorithm_is_refused(algorithm: str) -> None:
    token = jwt.encode({"sub": "alice", "exp": 9_999_999_999}, SECRET, algorithm=algorithm)
    assert detail(f"Bearer {token}") == "Invalid or expired token"


def test_a_public_key_is_not_accepted_as_the_secret() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    verifier = Verifier(SharedSecrets((pem.decode(),)), "", "")
    token = jwt.encode({"sub": "alice", "exp": 9_999_999_999}, key, algorithm="RS256")
    assert detail(f"Bearer {token}", verifier) == "Invalid or expired token"


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        "é.é.é",
        "x" * 9000,
        raw(b"{", b"{}"),
        raw(b"[]", b"{}"),
        raw(b'{"alg":"HS256","x":' + b"[" * 6000, b"{}"),
        raw(b'{"alg":"HS256","kid":5}', b"{}"),
        raw(b'{"alg":"HS256","crit":["x"],"x":1}', b'{"sub":"alice","exp":9999999999}'),
        raw(b"\xff", b"\xff"),
    ],
    ids=range(13),
)
def test_a_malformed_token_is_refused(token: str) -> None:
    assert detail(f"Bearer {token}") == "Invalid or expired token"


@given(st.text())
def test_any_header_yields_an_owner_or_a_401(header: str) -> None:
    assert detail(header) in ("Not authenticated", "Invalid or expired token")
    assert detail(f"Bearer x{header}") == "Invalid or expired token"


def test_every_secret_verifies() -> None:
    verifier = Verifier(SharedSecrets(("n" * 64, "o" * 64)), "", "")
    for secret in ("n" * 64, "o" * 64):
        assert verifier.owner(f"Bearer {signed(secret=secret)}") == "alice"
    assert detail(f"Bearer {signed(secret='x' * 64)}", verifier) == "Invalid or expired token"


def test_an_expired_token_of_an_older_secret_is_refused_too() -> None:
    verifier = Verifier(SharedSecrets(("n" * 64, "o" * 64)), "", "")
    assert detail(f"Bearer {signed({'exp': 1}, secret='o' * 64)}", verifier) == "Invalid or expired token"


@pytest.mark.parametrize("claims", [{}, {"iss": "https://other/"}, {"iss": "https://id.example"}])
def test_a_configured_issuer_is_required(claims: dict[str, Any]) -> None:
    verifier = Verifier(SharedSecrets((SECRET,)), issuer="https://id.example/", audience="")
    assert verifier.owner(f"Bearer {signed({'iss': 'https://id.example/'})}") == "alice"
    assert detail(f"Bearer {signed(claims)}", verifier) == "Invalid or expired token"


@pytest.mark.parametrize("claims", [{}, {"aud": "other"}, {"aud": []}, {"aud": [5]}, {"aud": "assets-2"}])
def test_a_configured_audience_is_required(claims: dict[str, Any]) -> None:
    verifier = Verifier(SharedSecrets((SECRET,)), issuer="", audience="assets")
    assert verifier.owner(f"Bearer {signed({'aud': 'assets'})}") == "alice"
    assert verifier.owner(f"Bearer {signed({'aud': ['other', 'assets']})}") == "alice"
    assert detail(f"Bearer {signed(claims)}", verifier) == "Invalid or expired token"


def test_issuer_and_audience_are_ignored_unless_configured() -> None:
    assert VERIFIER.owner(f"Bearer {signed({'iss': 'anyone', 'aud': 'anything'})}") == "alice"


def test_a_short_secret_is_refused_before_it_signs_anything() -> None:
    with pytest.raises(ValueError, match="fewer than 32 characters"):
        SharedSecrets(("s" * 32, "s" * 31))
