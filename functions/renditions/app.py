"""GET of renditions that S3 does not have yet. For asynchronous events, make the thumbnails of new images.

An event is `{"owner": "…", "asset_id": "…", "file_type": "image/jpeg"}`.
A function that needs a rendition invokes this one with `{"asset_id": "…", "rendition": "w320.webp"}` and waits.
"""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from asset_api.assets import public_urls
from asset_api.composition import renditions
from asset_api.platform import aws, cold_start, errors
from asset_api.platform.http_api import HttpApi
from asset_api.renditions import http_responses, invocations

api = HttpApi()


@api.route("/api/v2/assets/<asset_id>/<rendition>", method=["GET", "HEAD"])
def get_rendition(asset_id: str, rendition: str) -> Response[bytes]:
    if rendition == "private":
        return _redirect_to_public(asset_id)
    return http_responses.respond(renditions.image_renditions(), asset_id, rendition)


@api.route("/api/v2/assets/<asset_id>/private/<rendition>", method=["GET", "HEAD"])
def get_private_rendition(asset_id: str, rendition: str) -> Response[bytes]:
    query = api.header(http_responses.VERIFIED_QUERY)
    return http_responses.respond_privately(renditions.image_renditions(), asset_id, rendition, query)


def _redirect_to_public(asset_id: str) -> Response[bytes]:
    """Redirect a signed URL when CloudFront finds no private bytes in S3, because the asset has become public."""
    if not api.header(http_responses.VERIFIED_QUERY):
        raise errors.not_found()
    path = public_urls.public_path(asset_id)
    return http_responses.redirect_to_public(renditions.image_renditions(), asset_id, path)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if "requestContext" in event:
        return api.resolve(event, context)
    return invocations.handle_invocation(event, context, "image", renditions.image_renditions, renditions.new_images)


cold_start.end(aws.dynamodb, aws.s3, renditions.image_renditions)
