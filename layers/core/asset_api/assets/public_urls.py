"""Paths of published bytes, and the keys of the objects behind them in the assets bucket."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility

_PREFIX = "api/v2/assets/"
_PRIVATE = "/private"
# Repeated from `rendition_names`, so that lists need not import it.
_THUMBNAILS = {"image": "w320.webp", "video": "frame-poster-w320.webp"}


def object_key(asset_id: str, visibility: "Visibility" = "public") -> str:
    """Return the key of an asset's bytes. The keys of its renditions begin with it and a slash.

    A public asset's key is its path, so that no URL needs rewriting. A private one's is below that path, where
    `edge/viewer-request.js` refuses everything except renditions and routes, so no viewer can request it.
    """
    return _PREFIX + asset_id + (_PRIVATE if visibility == "private" else "")


def public_path(asset_id: str) -> str:
    """Return the path of the bytes on the service's host."""
    return f"/{object_key(asset_id)}"


def thumbnail_path(asset_id: str, kind: str) -> str:
    """Return the path of the thumbnail that lists show of an image or a video."""
    return f"{public_path(asset_id)}/{_THUMBNAILS[kind]}"
