"""Tokens for the local stack: HS256, signed with this checkout's secret."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

import jwt

from local import private_files

# The owner named by the page's token and by the printed one.
PAGE_OWNER = "me"
DEFAULT_LIFETIME_SECONDS = 24 * 60 * 60
_SECRET_BYTES = 48


def secret_of(path: Path) -> str:
    """Return the secret kept at `path`, created on first use."""
    return private_files.read_or_create(path, lambda: secrets.token_urlsafe(_SECRET_BYTES))


def issue(
    owner: str,
    secret: str,
    *,
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS,
    clock: Callable[[], float] = time.time,
) -> str:
    """Issue a token (RFC 7519) for `owner` (`sub`) that is valid for `lifetime_seconds` from now.

    Raises ValueError for an empty owner, which the API would refuse.
    """
    if not owner:
        raise ValueError("the token's owner is empty")
    now = int(clock())
    return jwt.encode({"sub": owner, "iat": now, "exp": now + lifetime_seconds}, secret, algorithm="HS256")
