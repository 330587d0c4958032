"""Responses with a rendition that S3 did not have yet. S3 alone serves later requests."""

from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response

from asset_api.assets import asset_ids, filenames
from asset_api.assets.rendition_names import Rendition
from asset_api.platform import errors
from asset_api.platform.errors import ApiError
from asset_api.publishing.assets_bucket import cache_control
from asset_api.renditions.renditions import UnrenderableError

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility
    from asset_api.renditions.renditions import Renditions

# Lambda returns at most 6 MB, and base64 adds a third.
_LARGEST_BYTES = 4 * 1024 * 1024
# Short, because CloudFront may receive this response after the asset was deleted and invalidated.
_CDN_LIFETIME_SECONDS = 60


# The query of a signed URL that the edge function has verified. It drops this header from viewers' requests.
VERIFIED_QUERY = "x-verified-query"
# The header that viewers also get with private objects from S3 (the distribution's response headers policy).
_PRIVATE = "private, no-cache"


def respond_privately(renditions: "Renditions", asset_id: str, name: str, query: str | None) -> Response[bytes]:
    """Respond with the rendition of a private asset; the edge function has verified `query`.

    If the asset has become public meanwhile, redirect to its public URL. Raises the same as `respond`.
    """
    rendition = Rendition.parse(name)
    if not query or rendition is None:
        raise errors.not_found()
    try:
        return respond(renditions, asset_id, name, "private", query)
    except ApiError as error:
        if error.slug != errors.asset_not_found().slug:
            raise
        return redirect_to_public(renditions, asset_id, rendition.public_path(asset_id))


def redirect_to_public(renditions: "Renditions", asset_id: str, path: str) -> Response[bytes]:
    """Redirect to a path of an asset that has become public. Raises the 404 if it has not. One call."""
    if not asset_ids.is_asset_id(asset_id) or not renditions.bucket.has(asset_id):
        raise errors.asset_not_found()
    return Response(status_code=307, body=b"", headers={"Location": path, "Cache-Control": "no-store"})


def respond(
    renditions: "Renditions", asset_id: str, name: str, visibility: "Visibility" = "public", query: str = ""
) -> Response[bytes]:
    """Respond with the rendition and the headers that S3 would send; if it is too large for Lambda, redirect to S3.

    Raises the 404s, and a 503 if another request takes too long to make the rendition.
    """
    is_public = visibility == "public"
    rendition = Rendition.parse(name)
    if rendition is None:
        raise errors.not_found()
    if not asset_ids.is_asset_id(asset_id):
        raise errors.asset_not_found()
    try:
        rendered = renditions.get(asset_id, rendition, visibility)
    except UnrenderableError as error:
        not_found = errors.rendition_not_found(error.reason)
        raise (not_found if is_public else replace(not_found, headers={"Cache-Control": _PRIVATE})) from error
    if len(rendered.data) > _LARGEST_BYTES:
        # It is stored now, so S3 serves the same URL.
        location = rendition.public_path(asset_id) + (f"?{query}" if query else "")
        headers = {"Location": location, "Cache-Control": "no-store"}
        return Response(status_code=307, body=b"", headers=headers)
    headers = {
        "Cache-Control": cache_control(rendered.expiry, _CDN_LIFETIME_SECONDS) if is_public else _PRIVATE,
        "Content-Disposition": filenames.content_disposition(rendition.name),
        "ETag": rendered.etag,
        "Accept-Ranges": "bytes",
    }
    if rendered.expiry is not None:
        headers["Expires"] = formatdate(rendered.expiry, usegmt=True)
    return Response(status_code=200, content_type=rendition.mime, body=rendered.data, headers=headers)
