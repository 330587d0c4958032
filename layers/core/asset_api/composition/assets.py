"""The catalog, its lists and usage, and the admission of new assets."""

from typing import TYPE_CHECKING

from asset_api import composition
from asset_api.assets.catalog import Catalog
from asset_api.platform import aws, settings

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from asset_api.assets.admissions import Admissions, Operation
    from asset_api.assets.listing import AssetPages
    from asset_api.assets.signed_urls import UrlSigner
    from asset_api.assets.usage import Quota, Usages


@composition.once
def catalog() -> Catalog:
    return Catalog(aws.dynamodb(), settings.current().assets_table, composition.now, quota=quota())


def quota() -> "Quota | None":
    """Return the limits of an owner's assets, if the deployment has any."""
    current = settings.current()
    if not current.max_owner_assets and not current.max_owner_bytes:
        return None
    from asset_api.assets.usage import Quota

    return Quota(current.max_owner_assets or None, current.max_owner_bytes or None)


@composition.once
def usages() -> "Usages":
    from asset_api.assets.usage import NO_QUOTA, Usages

    return Usages(aws.dynamodb(), settings.current().assets_table, quota() or NO_QUOTA)


@composition.once
def asset_pages() -> "AssetPages":
    from asset_api.assets.listing import AssetPages

    return AssetPages(aws.dynamodb(), settings.current().assets_table, composition.now)


def admissions(operation: "Operation") -> "Admissions":
    """Create the admissions of one operation: rate limit, idempotency keys and ids."""
    from asset_api.assets.admissions import Admissions
    from asset_api.platform.idempotency import IdempotencyKeys
    from asset_api.platform.rate_limits import UPLOADS, RateLimiter

    current = settings.current()
    admissions = current.uploads_per_minute if operation.limit is UPLOADS else current.generations_per_minute
    return Admissions(
        operation=operation,
        limiter=RateLimiter(operation.limit, admissions, aws.dynamodb(), current.requests_table, composition.now),
        idempotency_keys=IdempotencyKeys(aws.dynamodb(), current.requests_table, composition.now),
        asset_id_salt=current.asset_id_salt,
        clock=composition.now,
        default_expiry_seconds=current.default_expiry_seconds or None,
        usages=usages() if quota() else None,
    )


@composition.once
def url_signer() -> "UrlSigner":
    from asset_api.assets.signed_urls import UrlSigner

    return UrlSigner(settings.current().url_signing_keys)


def is_signed(url: "SplitResult") -> bool:
    """Tell whether a URL of an asset has a currently valid signature."""
    return url_signer().verifies(url, composition.now())


def sign_thumbnail(path: str, ends: int | None) -> str:
    """Sign the path of a private asset's thumbnail for an hour from now, at most until `ends` (Unix seconds)."""
    return url_signer().sign_thumbnail(path, composition.now(), ends)
