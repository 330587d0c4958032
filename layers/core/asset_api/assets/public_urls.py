"""URLs of published bytes: one path for the client, the CDN and the assets bucket."""

_PREFIX = "api/v2/assets/"


def object_key(asset_id: str) -> str:
    """The key in the assets bucket, which is the public path, so that nothing has to rewrite it."""
    return _PREFIX + asset_id


def public_path(asset_id: str) -> str:
    """The path of the public bytes on the service's host."""
    return f"/{object_key(asset_id)}"
