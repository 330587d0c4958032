"""URLs of published bytes: one path for the client, the CDN and the assets bucket."""

_PREFIX = "api/v2/assets/"
# Of the ladder in `rendition_names`, which lists need not import for this.
_THUMBNAILS = {"image": "w320.webp", "video": "frame-poster-w320.webp"}


def object_key(asset_id: str) -> str:
    """The key in the assets bucket, which is the public path, so that nothing has to rewrite it."""
    return _PREFIX + asset_id


def public_path(asset_id: str) -> str:
    """The path of the public bytes on the service's host."""
    return f"/{object_key(asset_id)}"


def thumbnail_path(asset_id: str, kind: str) -> str:
    """The path of the rendition that lists show of an image or a video."""
    return f"{public_path(asset_id)}/{_THUMBNAILS[kind]}"
