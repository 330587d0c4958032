"""The key of the emulated account's root user, which each local stack has of its own.

Every page that a browser shows would know a key that all checkouts shared, such as the emulator's usual `test`.
"""

import base64
import configparser
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from local import private_files


@dataclass(frozen=True, slots=True)
class RootKey:
    """An access key, which signs whatever the local stack asks of the emulator on its own behalf."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def root_key_of(path: Path) -> RootKey:
    """The key kept at `path`, made on first use. The file is one that AWS_SHARED_CREDENTIALS_FILE can name."""
    parsed = configparser.ConfigParser()
    parsed.read_string(private_files.kept(path, _new_credentials_file))
    profile = parsed["default"]
    return RootKey(profile["aws_access_key_id"], profile["aws_secret_access_key"])


def _new_credentials_file() -> str:
    access_key_id = "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode()
    return f"[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secrets.token_urlsafe(30)}\n"
