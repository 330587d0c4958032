"""The secret that signs the local stack's webhooks: this checkout's, unless WebhookSecrets is given."""

import base64
import secrets
from pathlib import Path

from local import private_files

_SECRET_BYTES = 32


def secret_of(path: Path) -> str:
    """Return the secret kept at `path`, created on first use: `whsec_` and base64."""
    return private_files.read_or_create(
        path, lambda: "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    )
