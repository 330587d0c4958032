"""Tokens of an identity provider: its keys and its outages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from asset_api.platform import jwks
from asset_api.platform.errors import ApiError
from asset_api.platform.jwks import JwksKeys
from asset_api.platform.principals import Verifier
from tests.refusals import refusal_of
from tests.serving import Handler, serving

RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, tuple[Any, Any]] = {
    "RS256": (RSA, RSAAlgorithm),
    "ES256": (EC, ECAlgorithm),
    "EdDSA": (ED, OKPAlgorithm),
}


def jwk(algorithm: str, kid: str | None = None, key: Any = None, **members: Any) -> dict[str, Any]:
    default_key, codec = KEYS[algorithm]
    entry: dict[str, Any] = json.loads(codec.to_jwk((key or default_key).public_key()))
    return entry | ({"kid": kid} if kid else {}) | members


def token(algorithm: str, kid: str | None = None, key: Any = None) -> str:
    claims = {"sub": "alice", "exp": 9_999_999_999}
    return jwt.encode(claims, key or KEYS[algorithm][0], algorithm=algorithm, headers={"kid": kid} if kid else None)


@dataclass
class Provider:
    """An identity provider and a clock: its document, its outages, and the number of requests."""

    keys: list[Any]
    is_down: bool = False
    fetches: int = 0
    now: float = 0
    document: bytes = b""
    source: JwksKeys = field(init=False)

    def __post_init__(self) -> None:
        self.source = JwksKeys("https://id.example/jwks", lambda: self.now, fetch=self.fetch)

    def fetch(self, url: str) -> bytes:
        assert url == "https://id.example/jwks"
        self.fetches += 1
        if self.is_down:
            raise urllib3.exceptions.HTTPError("down")
        return self.document or json.dumps({"keys": self.keys}).encode()

    def owner(self, bearer: str) -> str:
        return Verifier(self.source, "", "").owner(f"Bearer {bearer}")

    def status(self, bearer: str) -> int:
        refusal = refusal_of(lambda: self.owner(bearer))
        return refusal.status if refusal else 200


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("kid", ["k1", None])
def test_verifies_each_algorithm_with_and_without_a_key_id(algorithm: str, kid: str | None) -> None:
    assert Provider([jwk(algorithm, kid)]).owner(token(algorithm, kid)) == "alice"


@pytest.mark.parametrize("algorithm", KEYS)
def test_without_a_key_id_every_key_is_tried_whatever_its_kind(algorithm: str) -> None:
    for keys in (list(KEYS), list(reversed(KEYS))):
        assert Provider([jwk(each, each) for each in keys]).owner(token(algorithm)) == "alice"


def test_a_key_id_selects_only_its_key() -> None:
    provider = Provider([jwk("RS256", "a"), jwk("RS256", "b", OTHER_RSA)])
    assert provider.status(token("RS256", "a")) == 200
    assert provider.status(token("RS256", "b", OTHER_RSA)) == 200
    assert provider.status(token("RS256", "b", RSA)) == 401


def test_a_signature_of_another_key_is_refused() -> None:
    assert Provider([jwk("RS256", "a")]).status(token("RS256", "a", OTHER_RSA)) == 401


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS384", "PS256"])
def test_only_the_configured_algorithms_are_accepted(algorithm: str) -> None:
    key: Any = {"HS256": "s" * 64, "none": None}.get(algorithm, RSA)
    forged = jwt.encode({"sub": "alice", "exp": 9_999_999_999}, key, algorithm=algorithm, headers={"kid": "a"})
    assert Provider([jwk("RS256", "a")]).status(forged) == 401


def test_a_public_key_cannot_sign_as_an_hmac_secret() -> None:
    """Algorithm confusion (RFC 8725, section 2.1): HS256 with a public key as the secret."""
    public = json.dumps(jwk("RS256", "a")).encode()
    header = {"alg": "HS256", "kid": "a"}
    unsigned = token("RS256", "a").split(".")[1]
    head = jwt.utils.base64url_encode(json.dumps(header).encode()).decode()
    signature = jwt.get_algorithm_by_name("HS256").sign(f"{head}.{unsigned}".encode(), public)
    forged = f"{head}.{unsigned}.{jwt.utils.base64url_encode(signature).decode()}"
    assert Provider([jwk("RS256", "a")]).status(forged) == 401


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "kid": "bad", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "bad"},
        {"kty": "RSA", "kid": "bad", "n": "!!", "e": "AQAB"},
        {"kty": "EC", "kid": "bad", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "kid": "bad", "crv": "unknown"},
        {"kty": "OKP", "kid": "bad", "crv": "Ed25519", "x": "AA"},
        {"kty": "new", "kid": "bad"},
        {"kid": "bad"},
        jwk("RS256", "bad", use="enc"),
        jwk("RS256", "bad", alg="unknown"),
        jwk("RS256", "bad", alg="none"),
        jwk("RS256", "bad", alg="HS256"),
        jwk("RS256", "bad", alg=["RS256"]),
        jwk("RS256", "bad", n=5),
        jwk("RS256", "bad", n="AQAB"),
        jwk("RS256", "bad", e="Ag"),
        jwk("RS256") | {"kid": ["bad"]},
        jwk("RS256") | {"kid": {"bad": 1}},
        {"kty": "RSA", "kid": "\ud800"},
    ],
    ids=range(19),
)
def test_unusable_keys_are_ignored(entry: dict[str, Any]) -> None:
    assert list(jwks.parse(json.dumps({"keys": [entry, jwk("RS256", "a")]}).encode())) == ["a"]


def test_keys_are_fetched_once_an_hour() -> None:
    provider = Provider([jwk("RS256", "a")])
    for provider.now in range(0, 3600, 10):
        assert provider.status(token("RS256", "a")) == 200
    assert provider.fetches == 1
    provider.now = 3601
    provider.owner(token("RS256", "a"))
    assert provider.fetches == 2


def test_a_new_key_is_found_within_half_a_minute() -> None:
    provider = Provider([jwk("RS256", "old")])
    provider.owner(token("RS256", "old"))
    provider.keys = [jwk("RS256", "new", OTHER_RSA)]
    provider.now = 29
    assert provider.status(token("RS256", "new", OTHER_RSA)) == 401
    provider.now = 30
    assert provider.status(token("RS256", "new", OTHER_RSA)) == 200
    assert provider.status(token("RS256", "old")) == 401


def test_a_flood_of_unknown_key_ids_fetches_once_in_thirty_seconds() -> None:
    provider = Provider([jwk("RS256", "a")])
    bearer = token("RS256", "a")
    for number in range(1200):
        provider.now = number / 10
        assert provider.status(token("EdDSA", f"made-up-{number}")) == 401
        assert provider.status(bearer) == 200
    assert provider.fetches == 4


def test_known_keys_survive_an_outage() -> None:
    provider = Provider([jwk("RS256", "a")])
    provider.owner(token("RS256", "a"))
    provider.is_down = True
    for provider.now in (3700, 3800, 90_000):
        assert provider.status(token("RS256", "a")) == 200
    assert provider.fetches == 4


@pytest.mark.parametrize(
    "document", [b"", b"<html>", b"[]", b"{}", b'{"keys": 5}', b'{"keys": ["x"]}', b"\xff", b"[" * 100_000]
)
def test_known_keys_survive_an_invalid_document(document: bytes) -> None:
    provider = Provider([jwk("RS256", "a")])
    provider.owner(token("RS256", "a"))
    provider.now, provider.document = 4000, document or b" "
    assert provider.status(token("RS256", "a")) == 200


def test_a_provider_that_was_never_reachable_is_a_503() -> None:
    provider = Provider([jwk("RS256", "a")], is_down=True)
    with pytest.raises(ApiError) as refusal:
        provider.owner(token("RS256", "a"))
    assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "30"})
    assert refusal.value.detail == "The identity provider is temporarily unavailable; try again"
    provider.is_down = False
    provider.now = 29
    assert provider.status(token("RS256", "a")) == 503
    assert provider.fetches == 1
    provider.now = 30
    assert provider.status(token("RS256", "a")) == 200


def test_a_malformed_token_is_a_401_without_a_fetch() -> None:
    provider = Provider([jwk("RS256", "a")])
    assert provider.status("nonsense") == 401
    assert provider.fetches == 0


@contextmanager
def responding(status: int, body: bytes, headers: dict[str, str]) -> Iterator[str]:
    """Give every request this response."""

    class Fixed(Handler):
        def do_GET(self) -> None:
            self.respond(status, body, headers)

    with serving(Fixed) as port:
        yield f"http://127.0.0.1:{port}/jwks"


@contextmanager
def dripping() -> Iterator[str]:
    """Serve a response that never ends."""
    stopped = threading.Event()

    class Dripping(Handler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(ConnectionError):
                while not stopped.wait(0.01):
                    self.wfile.write(b" ")

    with serving(Dripping) as port:
        try:
            yield f"http://127.0.0.1:{port}/jwks"
        finally:
            stopped.set()


def test_fetches_the_document() -> None:
    with responding(200, b'{"keys": []}', {}) as url:
        assert jwks.fetch(url) == b'{"keys": []}'


@pytest.mark.parametrize(("status", "headers"), [(500, {}), (404, {}), (302, {"Location": "http://127.0.0.1:1/"})])
def test_rejects_other_responses_and_redirects(status: int, headers: dict[str, str]) -> None:
    with responding(status, b"", headers) as url, pytest.raises(urllib3.exceptions.HTTPError, match=str(status)):
        jwks.fetch(url)


def test_reads_no_more_than_the_size_limit() -> None:
    with responding(200, b"x" * 300_000, {}) as url, pytest.raises(urllib3.exceptions.HTTPError, match="too large"):
        jwks.fetch(url)


def test_abandons_a_slowly_dripping_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte arrives in time, but the document never ends."""
    monkeypatch.setattr(jwks, "_BODY_SECONDS", 0.05)
    with dripping() as url, pytest.raises(urllib3.exceptions.HTTPError, match="too slowly"):
        jwks.fetch(url)


def test_a_refused_connection_is_an_outage() -> None:
    with pytest.raises(urllib3.exceptions.HTTPError):
        jwks.fetch("http://127.0.0.1:1/jwks")
