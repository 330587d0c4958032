"""Known attacks on JSON Web Tokens (RFC 8725, section 2), against shared secrets and a JWKS."""

import base64
import hmac
import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from asset_api.platform.jwks import JwksKeys
from asset_api.platform.principals import SharedSecrets, Verifier
from tests.refusals import refusal_of

SECRET = "s" * 64
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ATTACKERS_RSA = rsa.generate_private_key(65537, 2048)
CLAIMS = {"sub": "alice", "exp": 9_999_999_999}

Sign = Callable[[bytes], bytes]


def public_jwk(key: rsa.RSAPrivateKey, **members: str) -> dict[str, Any]:
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), **members}


DOCUMENT = json.dumps(
    {"keys": [public_jwk(RSA, kid="rsa"), {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ec"}]}
).encode()
PEM = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def hmac_of(secret: bytes, digest: str) -> Sign:
    return lambda signed: hmac.digest(secret, signed, digest)


def hs256(secret: bytes) -> Sign:
    return hmac_of(secret, "sha256")


def fixed(signature: bytes) -> Sign:
    return lambda _: signature


def rs256(key: rsa.RSAPrivateKey = RSA) -> Sign:
    return lambda signed: jwt.get_algorithm_by_name("RS256").sign(signed, key)


def es256(signed: bytes) -> bytes:
    return jwt.get_algorithm_by_name("ES256").sign(signed, EC)


def encoded(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def token(header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes, sign: Sign) -> str:
    """Make a token with any header and claims, and a matching signature."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = b".".join(map(encoded, parts))
    return (signed + b"." + encoded(sign(signed))).decode()


def by_secret() -> Verifier:
    return Verifier(SharedSecrets((SECRET,)), "", "")


def by_jwks(document: bytes = DOCUMENT) -> Verifier:
    return Verifier(JwksKeys("https://id.example/jwks", lambda: 0, fetch=lambda _: document), "", "")


def refused(bearer: str, verifier: Verifier) -> bool:
    refusal = refusal_of(lambda: verifier.owner(f"Bearer {bearer}"))
    return refusal is not None and (refusal.status, refusal.detail) == (401, "Invalid or expired token")


def test_control_the_forge_makes_valid_tokens() -> None:
    """Otherwise the attacks below could be refused for another reason."""
    assert by_secret().owner("Bearer " + token({"alg": "HS256"}, CLAIMS, hs256(SECRET.encode()))) == "alice"
    assert by_jwks().owner("Bearer " + token({"alg": "RS256", "kid": "rsa"}, CLAIMS, rs256())) == "alice"
    assert by_jwks().owner("Bearer " + token({"alg": "ES256", "kid": "ec"}, CLAIMS, es256)) == "alice"


@pytest.mark.parametrize("verifier", [by_secret, by_jwks])
@pytest.mark.parametrize("algorithm", ["".join(casing) for casing in itertools.product("nN", "oO", "nN", "eE")])
def test_every_spelling_of_alg_none_is_refused(algorithm: str, verifier: Callable[[], Verifier]) -> None:
    for signature in (b"", b"x", hs256(b"")(b"")):
        bearer = token({"alg": algorithm, "kid": "rsa"}, CLAIMS, fixed(signature))
        assert refused(bearer, verifier())


@pytest.mark.parametrize("verifier", [by_secret, by_jwks])
@pytest.mark.parametrize(
    "algorithm",
    [None, "", " ", "HS256 ", "hs256", "rs256", "HS256\0", "dir", "A128KW", ["HS256"], {"HS256": 1}, True, 256, 1e308],
    ids=repr,
)
def test_an_unsupported_algorithm_is_refused(algorithm: object, verifier: Callable[[], Verifier]) -> None:
    for sign in (hs256(SECRET.encode()), rs256()):
        assert refused(token({"alg": algorithm, "kid": "rsa"}, CLAIMS, sign), verifier())


@pytest.mark.parametrize("kid", ["rsa", "ec", None])
@pytest.mark.parametrize(
    "secret",
    [
        PEM,
        PEM.strip(),
        PEM.replace(b"\n", b"\r\n"),
        DER,
        DOCUMENT,
        RSA.public_key().public_numbers().n.to_bytes(256),
        b"",
    ],
    ids=range(7),
)
def test_a_public_key_is_not_a_secret(secret: bytes, kid: str | None) -> None:
    """Confusion of HS256 with RS256 (RFC 8725, section 2.1), for every encoding of the public key."""
    for algorithm, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        header = {"alg": algorithm} | ({"kid": kid} if kid else {})
        assert refused(token(header, CLAIMS, hmac_of(secret, digest)), by_jwks())


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(31) + b"\1" + bytes(31) + b"\1", b"", bytes(72)])
def test_a_degenerate_ecdsa_signature_is_refused(signature: bytes) -> None:
    """Some libraries accepted zeros (CVE-2022-21449)."""
    assert refused(token({"alg": "ES256", "kid": "ec"}, CLAIMS, fixed(signature)), by_jwks())


@pytest.mark.parametrize("secret", ["", "secret", "null", "s" * 63, SECRET + "\0", SECRET.upper()])
def test_another_secret_is_refused(secret: str) -> None:
    assert refused(token({"alg": "HS256"}, CLAIMS, hs256(secret.encode())), by_secret())


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../dev/null",
        "/dev/null",
        "file:///proc/self/environ",
        "http://127.0.0.1:1/jwks",
        "rsa' OR '1'='1",
        "rsa; DROP TABLE assets",
        "rsa' UNION SELECT 'key",
        "| id",
        "$(id)",
        "rsa\0",
        "rsa\n",
        " rsa",
        "RSA",
        "",
        "x" * 3000,
        "\ud800",
        5,
        ["rsa"],
        {"rsa": 1},
        True,
    ],
    ids=range(20),
)
def test_a_hostile_key_id_is_refused(kid: object) -> None:
    """An id of no key in the document is refused for any signature. Secrets are never chosen by key id."""
    assert refused(token({"alg": "RS256", "kid": kid}, CLAIMS, rs256()), by_jwks())
    assert refused(token({"alg": "HS256", "kid": kid}, CLAIMS, hs256(b"")), by_secret())


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": public_jwk(ATTACKERS_RSA)},
        {"jku": "https://attacker.example/jwks"},
        {"x5u": "https://attacker.example/certificate"},
        {"x5c": [base64.b64encode(DER).decode()]},
        {"x5t": "x", "x5t#S256": "x"},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("kid", ["rsa", "attacker", None])
def test_a_key_in_the_token_is_ignored(header: dict[str, Any], kid: str | None) -> None:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return DOCUMENT

    verifier = Verifier(JwksKeys("https://id.example/jwks", lambda: 0, fetch=fetch), "", "")
    named = {"kid": kid} if kid else {}
    assert refused(token({"alg": "RS256", **named, **header}, CLAIMS, rs256(ATTACKERS_RSA)), verifier)
    assert fetched == ["https://id.example/jwks"]


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["x"], "x": 1},
        {"crit": ["b64"], "b64": False},
        {"crit": []},
        {"crit": "b64"},
        {"crit": [5]},
        {"crit": ["alg"]},
        {"b64": False},
    ],
    ids=repr,
)
def test_an_unknown_critical_extension_is_refused(header: dict[str, Any]) -> None:
    """RFC 7515, section 4.1.11, and RFC 7797: an unencoded payload would be signed differently than it is read."""
    assert refused(token({"alg": "HS256", **header}, CLAIMS, hs256(SECRET.encode())), by_secret())
    assert refused(token({"alg": "RS256", "kid": "rsa", **header}, CLAIMS, rs256()), by_jwks())


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "9999999999x"},
        {"exp": ""},
        {"exp": None},
        {"exp": [9_999_999_999]},
        {"exp": {"$gt": 0}},
        {"exp": -1},
        {"exp": 0},
        {"exp": -1e308},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": float("-inf")},
        {"nbf": float("nan")},
        {"nbf": 10**4000},
        {"nbf": [0]},
        {"iat": 10**400},
        {"iat": "now"},
        {"sub": 0},
        {"sub": False},
        {"sub": {}},
        {"sub": "\ud800\udc00\ud800"},
        {"sub": "x" * 256},
    ],
    ids=range(21),
)
def test_a_signed_claim_of_the_wrong_type_is_refused(claims: dict[str, Any]) -> None:
    assert refused(token({"alg": "HS256"}, CLAIMS | claims, hs256(SECRET.encode())), by_secret())


def test_an_expired_or_future_token_is_refused() -> None:
    now = int(time.time())
    sign = hs256(SECRET.encode())
    assert refused(token({"alg": "HS256"}, CLAIMS | {"exp": now}, sign), by_secret())
    assert refused(token({"alg": "HS256"}, CLAIMS | {"exp": now - 1}, sign), by_secret())
    # Not one second, which may pass before verification.
    assert refused(token({"alg": "HS256"}, CLAIMS | {"nbf": now + 30}, sign), by_secret())
    assert refused(token({"alg": "HS256"}, CLAIMS | {"iat": now + 30}, sign), by_secret())


def test_the_last_of_duplicate_claims_counts() -> None:
    """Every reader uses the last one (RFC 7519, section 4), so that none attributes the token to another owner."""
    sign = hs256(SECRET.encode())
    twice = b'{"sub":"alice","sub":"bob","exp":1,"exp":9999999999}'
    assert by_secret().owner("Bearer " + token({"alg": "HS256"}, twice, sign)) == "bob"
    assert refused(token({"alg": "HS256"}, b'{"sub":"alice","exp":9999999999,"exp":1}', sign), by_secret())
    assert refused(token(b'{"alg":"HS256","alg":"none"}', CLAIMS, sign), by_secret())


@pytest.mark.parametrize(
    "owner", ["alice\u200b", "\u202ealice", "\u0430lice", "ALICE", "alice ", "alice\0", "\uff41lice"]
)
def test_similar_looking_owners_are_distinct(owner: str) -> None:
    bearer = token({"alg": "HS256"}, CLAIMS | {"sub": owner}, hs256(SECRET.encode()))
    assert by_secret().owner(f"Bearer {bearer}") == owner != "alice"


def test_a_changed_character_makes_a_token_invalid() -> None:
    """Replace each character with another of the alphabet and with one outside it."""
    good = token({"alg": "HS256"}, CLAIMS, hs256(SECRET.encode()))
    verifier = by_secret()
    for at, character in enumerate(good):
        for other in ("A" if character != "A" else "B", "=", "é", ".", "\0"):
            if other != character:
                assert refused(good[:at] + other + good[at + 1 :], verifier), at


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good + ".",
        lambda good: "." + good,
        lambda good: good + good,
        lambda good: good.replace(".", ".."),
        lambda good: good.replace("-", "+").replace("_", "/") + "==",
        lambda good: f"{good} {good}",
        lambda good: f"{good},{good}",
        lambda good: good.rpartition(".")[0] + ".",
        lambda good: good.rpartition(".")[0],
        lambda good: good[: len(good) // 2] + "\n" + good[len(good) // 2 :],
        lambda good: "\ufeff" + good,
        lambda good: token({"alg": "HS256", "cty": "JWT"}, good.encode(), hs256(SECRET.encode())),
        lambda good: token({"alg": "HS256"}, json.dumps(good).encode(), hs256(SECRET.encode())),
        lambda good: json.dumps({"payload": good.split(".")[1], "signatures": [{"signature": good.split(".")[2]}]}),
        lambda _: ".".join(["e30"] * 5),
        lambda _: token({"alg": "HS256"}, b"[" * 5000, hs256(SECRET.encode())),
        lambda _: token({"alg": "HS256"}, b'{"a":' * 800 + b"1" + b"}" * 800, hs256(SECRET.encode())),
        lambda _: token({"alg": "HS256"}, CLAIMS | {"more": "x" * 8192}, hs256(SECRET.encode())),
    ],
    ids=range(18),
)
def test_other_serializations_of_a_token_are_refused(change: Callable[[str], str]) -> None:
    assert refused(change(token({"alg": "HS256"}, CLAIMS, hs256(SECRET.encode()))), by_secret())
