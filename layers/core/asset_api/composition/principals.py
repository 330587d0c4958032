"""Verification of tokens."""

import time

from asset_api import composition
from asset_api.platform import settings
from asset_api.platform.principals import KeySource, SharedSecrets, Verifier


@composition.once
def verifier() -> Verifier:
    """Create the token verifier. Raises ValueError without a secret or JWKS URL, and for a secret that is too short."""
    current = settings.current()
    return Verifier(_key_source(current), issuer=current.jwt_issuer, audience=current.jwt_audience)


def _key_source(current: settings.Settings) -> KeySource:
    if current.jwt_jwks_url:
        # Needs cryptography, which only the JWKS layer has.
        from asset_api.platform.jwks import JwksKeys

        return JwksKeys(current.jwt_jwks_url, time.monotonic)
    if not current.jwt_secrets:
        raise ValueError("neither JWT_SECRETS nor JWT_JWKS_URL is set")
    return SharedSecrets(current.jwt_secrets)
