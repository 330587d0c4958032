"""Verification of bearer tokens (RFC 6750, RFC 7519, RFC 8725).

The algorithms are pinned by configuration, never chosen by the token: HS256 with shared secrets, RS256, ES256 and
EdDSA with a JWKS URL.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import jwt

from asset_api.platform import errors

MIN_SECRET_CHARACTERS = 32
# OpenID Connect Core 1.0, section 2: `sub` must not exceed 255 ASCII characters. Here it may be any Unicode of that
# size.
_MAX_SUBJECT_BYTES = 255
_MAX_TOKEN_CHARACTERS = 8192


class KeySource(Protocol):
    """A source of the keys that may have signed a token."""

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The only algorithms that a token may name (RFC 8725, section 3.1)."""

    def candidates(self, token: str) -> Iterable[Any]:
        """Return the keys to try, in order. Raises jwt.PyJWTError if the token names an unknown one."""


@dataclass(frozen=True)
class SharedSecrets:
    """HS256 with rotation: a list of secrets, newest first; the first signs, all verify."""

    secrets: tuple[str, ...]
    algorithms: tuple[str, ...] = ("HS256",)

    def __post_init__(self) -> None:
        if any(len(secret) < MIN_SECRET_CHARACTERS for secret in self.secrets):
            raise ValueError(f"a JWT secret has fewer than {MIN_SECRET_CHARACTERS} characters (RFC 7518, section 3.2)")

    def candidates(self, token: str) -> Iterable[str]:  # noqa: ARG002  any of them may have signed any token
        return self.secrets


@dataclass(frozen=True)
class Verifier:
    """Verifies an Authorization header and returns its owner."""

    keys: KeySource
    issuer: str
    audience: str

    def owner(self, authorization: str | None) -> str:
        """Return the `sub` claim of the bearer token.

        Raises the 401 `Not authenticated` if there is no token, and the 401 `Invalid or expired token` for every
        invalid one.
        """
        scheme, _, token = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise errors.not_authenticated()
        return self._subject(self._claims(token.strip()))

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise errors.invalid_token()
        try:
            candidates = list(self.keys.candidates(token))
        except jwt.PyJWTError as error:
            raise errors.invalid_token() from error
        for key in candidates:
            try:
                return self._decode(token, key)
            except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
                # Signed with another key or algorithm: a JWKS document may have RSA and elliptic-curve keys.
                continue
            except (jwt.PyJWTError, ValueError) as error:
                # PyJWT raises ValueError for some malformed claims and keys.
                raise errors.invalid_token() from error
        raise errors.invalid_token()

    def _decode(self, token: str, key: Any) -> Mapping[str, Any]:
        options = {
            "require": ["exp", "sub"],
            "verify_aud": bool(self.audience),
            "verify_iss": bool(self.issuer),
        }
        decode: Callable[..., dict[str, Any]] = jwt.decode
        return decode(
            token,
            key,
            algorithms=list(self.keys.algorithms),
            options=options,
            issuer=self.issuer or None,
            audience=self.audience or None,
        )

    @staticmethod
    def _subject(claims: Mapping[str, Any]) -> str:
        subject = claims["sub"]
        if not isinstance(subject, str):
            raise errors.invalid_token()
        try:
            size = len(subject.encode())
        except UnicodeEncodeError as error:  # JSON can express a lone surrogate, UTF-8 cannot
            raise errors.invalid_token() from error
        if not 0 < size <= _MAX_SUBJECT_BYTES:
            raise errors.invalid_token()
        return subject


def sign(owner: str, secret: str, *, expires_at: int) -> str:
    """Sign a token for `owner` that is valid until `expires_at` (Unix seconds), as the caller's own backend would."""
    return jwt.encode({"sub": owner, "exp": expires_at}, secret, algorithm="HS256")
