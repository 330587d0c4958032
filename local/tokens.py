"""Tokens for the local stack: HS256, signed with a secret of this checkout's own."""

import os
import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jwt

DEFAULT_LIFETIME_SECONDS = 24 * 60 * 60
_SECRET_BYTES = 48


def secret_of(path: Path) -> str:
    """The secret kept at `path`, made on first use: readable by its owner only, and one whatever runs at once."""
    try:
        return path.read_text()
    except FileNotFoundError:
        _create_once(path, secrets.token_urlsafe(_SECRET_BYTES))
        return path.read_text()


def _create_once(path: Path, content: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        # A link, unlike a rename, does not replace: the first of two at once wins, and nobody reads a half-written one.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()


def issue(
    owner: str,
    secret: str,
    *,
    lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS,
    clock: Callable[[], float] = time.time,
) -> str:
    """A token (RFC 7519) whose `sub` is `owner`, good for `lifetime_seconds` from now.

    Raises ValueError for an empty owner, whom the API would refuse.
    """
    if not owner:
        raise ValueError("the token's owner is empty")
    now = int(clock())
    return jwt.encode({"sub": owner, "iat": now, "exp": now + lifetime_seconds}, secret, algorithm="HS256")
