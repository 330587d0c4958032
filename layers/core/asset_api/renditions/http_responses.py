"""Responses with a rendition, for viewers who came before it was stored; everyone after them is answered by S3."""

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

# Lambda returns 6 MB at most, and API Gateway wants bytes in base64: 4/3 of them.
_LARGEST_BYTES = 4 * 1024 * 1024
# CloudFront may get this response after an asset was deleted and invalidated, so it soon asks S3 instead.
_CDN_LIFETIME_SECONDS = 60


# The query of a signed URL, as the edge function has verified it. It drops the header from every viewer's request.
VERIFIED_QUERY = "x-verified-query"
# For the viewer alone. CloudFront caches what S3 serves of private assets, and shows viewers the same.
_PRIVATE = "private, no-cache"


def respond_privately(renditions: "Renditions", asset_id: str, name: str, query: str | None) -> Response[bytes]:
    """The rendition of a private asset, for a request whose `query` the edge function has verified.

    Where the asset has become public meanwhile, a redirect to its public URL. Raises the same as `respond`.
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
    """A redirect to a path of an asset that is public by now. Raises the 404 where it is not. One call."""
    if not asset_ids.is_asset_id(asset_id) or not renditions.bucket.has(asset_id):
        raise errors.asset_not_found()
    return Response(status_code=307, body=b"", headers={"Location": path, "Cache-Control": "no-store"})


def respond(
    renditions: "Renditions", asset_id: str, name: str, visibility: "Visibility" = "public", query: str = ""
) -> Response[bytes]:
    """The rendition with the headers that S3 serves it with, or a redirect to itself where it is too large for Lambda.

    Raises the 404s, and the 503 while someone else makes it.
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
        # It is stored now: S3 answers the same URL.
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
