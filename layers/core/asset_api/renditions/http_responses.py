"""Responses with a rendition, for viewers who came before it was stored; everyone after them is answered by S3."""

from email.utils import formatdate
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import Response

from asset_api.assets import asset_ids, filenames
from asset_api.assets.rendition_names import Rendition
from asset_api.platform import errors
from asset_api.publishing.assets_bucket import cache_control
from asset_api.renditions.renditions import UnrenderableError

if TYPE_CHECKING:
    from asset_api.renditions.renditions import Renditions

# Lambda returns 6 MB at most, and API Gateway wants bytes in base64: 4/3 of them.
_LARGEST_BYTES = 4 * 1024 * 1024
# CloudFront may get this response after an asset was deleted and invalidated, so it soon asks S3 instead.
_CDN_LIFETIME_SECONDS = 60


def respond(renditions: "Renditions", asset_id: str, name: str) -> Response[bytes]:
    """The rendition with the headers that S3 serves it with, or a redirect to itself where it is too large for Lambda.

    Raises the 404s, and the 503 while someone else makes it.
    """
    rendition = Rendition.parse(name)
    if rendition is None:
        raise errors.not_found()
    if not asset_ids.is_asset_id(asset_id):
        raise errors.asset_not_found()
    try:
        rendered = renditions.get(asset_id, rendition)
    except UnrenderableError as error:
        raise errors.rendition_not_found(error.reason) from error
    if len(rendered.data) > _LARGEST_BYTES:
        # It is stored now: S3 answers the same URL.
        headers = {"Location": rendition.public_path(asset_id), "Cache-Control": "no-store"}
        return Response(status_code=307, headers=headers)
    headers = {
        "Cache-Control": cache_control(rendered.expiry, _CDN_LIFETIME_SECONDS),
        "Content-Disposition": filenames.content_disposition(rendition.name),
        "ETag": rendered.etag,
        "Accept-Ranges": "bytes",
    }
    if rendered.expiry is not None:
        headers["Expires"] = formatdate(rendered.expiry, usegmt=True)
    return Response(status_code=200, content_type=rendition.mime, body=rendered.data, headers=headers)
