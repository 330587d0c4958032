"""The access key of the emulated account's root user, different in each local stack.

A key shared by all checkouts, such as the emulator's default `test`, would be known to every page in a browser.
"""

import base64
import configparser
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from local import private_files


@dataclass(frozen=True, slots=True)
class RootKey:
    """The access key that signs the local stack's own requests to the emulator."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def root_key_of(path: Path) -> RootKey:
    """Return the key kept at `path`, created on first use, in the format of AWS_SHARED_CREDENTIALS_FILE."""
    parsed = configparser.ConfigParser()
    parsed.read_string(private_files.read_or_create(path, _new_credentials_file))
    profile = parsed["default"]
    return RootKey(profile["aws_access_key_id"], profile["aws_secret_access_key"])


def _new_credentials_file() -> str:
    access_key_id = "AKIA" + base64.b32encode(secrets.token_bytes(10)).decode()
    return f"[default]\naws_access_key_id = {access_key_id}\naws_secret_access_key = {secrets.token_urlsafe(30)}\n"
