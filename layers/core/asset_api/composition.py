"""The collaborators of this process, put together from its settings, each once and when first needed.

What not every function has is imported where it is made: `list` starts without what publishes.
"""

import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from asset_api.assets.catalog import Catalog
from asset_api.platform import aws, settings
from asset_api.platform.principals import KeySource, SharedSecrets, Verifier

if TYPE_CHECKING:
    from asset_api.generation.job_table import Jobs
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket
    from asset_api.publishing.publisher import Publisher


def now() -> datetime:
    """The clock: aware, UTC."""
    return datetime.now(UTC)


@cache
def verifier() -> Verifier:
    """Raises ValueError where a deployment has configured no way to verify a token, or a secret that is too short."""
    current = settings.current()
    return Verifier(_key_source(current), issuer=current.jwt_issuer, audience=current.jwt_audience)


@cache
def catalog() -> Catalog:
    return Catalog(aws.dynamodb(), settings.current().assets_table, now)


@cache
def jobs() -> "Jobs":
    from asset_api.generation.job_table import Jobs

    return Jobs(aws.dynamodb(), settings.current().assets_table, now)


@cache
def incoming_bucket() -> "IncomingBucket":
    from asset_api.publishing.incoming_bucket import IncomingBucket

    return IncomingBucket(aws.s3(), settings.current().incoming_bucket)


@cache
def assets_bucket() -> "AssetsBucket":
    from asset_api.publishing.assets_bucket import AssetsBucket

    current = settings.current()
    return AssetsBucket(aws.s3(), current.assets_bucket, current.cdn_lifetime_seconds)


@cache
def publisher() -> "Publisher":
    from asset_api.publishing.publisher import Publisher

    return Publisher(
        incoming_bucket(),
        assets_bucket(),
        catalog(),
        removes_personal_metadata=settings.current().remove_personal_metadata,
    )


def _key_source(current: settings.Settings) -> KeySource:
    if current.jwt_jwks_url:
        # Needs cryptography, which only the JWKS layer brings.
        from asset_api.platform.jwks import JwksKeys

        return JwksKeys(current.jwt_jwks_url, time.monotonic)
    if not current.jwt_secrets:
        raise ValueError("neither JWT_SECRETS nor JWT_JWKS_URL is set")
    return SharedSecrets(current.jwt_secrets)
