"""Signing keys from an identity provider's JWKS URL (RFC 7517), fetched rarely, however many tokens arrive.

Needs `cryptography`, which only the JWKS layer has, so it is imported only if a JWKS URL is configured.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import jwt
import urllib3
from aws_lambda_powertools import Logger

from asset_api.platform import errors

LIFETIME_SECONDS = 3600
# However many unknown key ids arrive, the document is fetched once in this time. A new key is known after at most this.
MIN_SECONDS_BETWEEN_FETCHES = 30
ALGORITHMS = ("RS256", "ES256", "EdDSA")
_TIMEOUT = urllib3.Timeout(connect=2, read=3)
_BODY_SECONDS = 3  # the read timeout restarts with every byte
_MAX_DOCUMENT_BYTES = 256 * 1024
# RFC 8725, section 3.1: a symmetric key has no business in a public document.
_KEY_TYPES = ("RSA", "EC", "OKP")

logger = Logger()


def fetch(url: str) -> bytes:
    """Fetch the document in one attempt, without following redirects.

    Raises urllib3.exceptions.HTTPError if it does not arrive within seconds, or is too large.
    """
    with urllib3.PoolManager() as http:
        response = http.request("GET", url, timeout=_TIMEOUT, retries=False, redirect=False, preload_content=False)
        if response.status != 200:
            raise urllib3.exceptions.HTTPError(f"the JWKS URL responded with {response.status}")
        return _body(response)


def _body(response: urllib3.BaseHTTPResponse) -> bytes:
    document = bytearray()
    deadline = time.monotonic() + _BODY_SECONDS
    while piece := response.read1(_MAX_DOCUMENT_BYTES):
        document += piece
        if len(document) > _MAX_DOCUMENT_BYTES or time.monotonic() > deadline:
            raise urllib3.exceptions.HTTPError("the JWKS document is too large or arrives too slowly")
    return bytes(document)


def parse(document: bytes) -> dict[str | None, jwt.PyJWK]:
    """Parse the document's usable signing keys, by key id. Raises ValueError if it is not a JWK Set."""
    try:
        content = json.loads(document)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    entries = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("no JWK Set (RFC 7517, section 5)")
    keys: dict[str | None, jwt.PyJWK] = {}
    for entry in filter(_may_sign, entries):
        try:
            keys[entry.get("kid")] = jwt.PyJWK(entry)
        except jwt.PyJWTError:
            # RFC 7517, section 5: ignore keys that are not understood.
            logger.warning("unusable key in the JWKS document", extra={"kid": ascii(entry.get("kid"))})
    return keys


def _may_sign(entry: dict[str, Any]) -> bool:
    return (
        entry.get("kty") in _KEY_TYPES
        and entry.get("use", "sig") == "sig"
        # A key for another algorithm verifies no acceptable token.
        and entry.get("alg", ALGORITHMS[0]) in ALGORITHMS
        and isinstance(entry.get("kid", ""), str)
    )


@dataclass
class JwksKeys:
    """The provider's keys, kept for an hour. An unknown key id causes a fetch, at most twice a minute."""

    url: str
    clock: Callable[[], float]
    fetch: Callable[[str], bytes] = fetch
    algorithms: tuple[str, ...] = ALGORITHMS
    _keys: dict[str | None, jwt.PyJWK] = field(default_factory=dict, init=False)
    _fetched_at: float = field(default=float("-inf"), init=False)
    _tried_at: float = field(default=float("-inf"), init=False)

    def candidates(self, token: str) -> Iterable[jwt.PyJWK]:
        """Return the key that the token's `kid` names, or every key if it names none.

        Raises the 503 if no key is known and the provider cannot be reached.
        """
        key_id = jwt.get_unverified_header(token).get("kid")
        now = self.clock()
        stale = now - self._fetched_at > LIFETIME_SECONDS
        unknown = key_id is not None and key_id not in self._keys
        if (stale or unknown) and now - self._tried_at >= MIN_SECONDS_BETWEEN_FETCHES:
            self._refresh(now)
        if not self._keys:
            raise errors.temporarily_unavailable("The identity provider", MIN_SECONDS_BETWEEN_FETCHES)
        if key_id is None:
            return list(self._keys.values())
        return [self._keys[key_id]] if key_id in self._keys else []

    def _refresh(self, now: float) -> None:
        """Fetch the keys; keep the known ones if the provider is down."""
        self._tried_at = now
        try:
            keys = parse(self.fetch(self.url))
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            logger.warning("JWKS document not fetched", extra={"reason": repr(error)})
            return
        self._keys, self._fetched_at = keys, now
