"""GET of frames that S3 does not have yet. For asynchronous events, make the posters of new videos.

An event is `{"owner": "…", "asset_id": "…", "file_type": "video/mp4"}`.
A function that needs a rendition invokes this one with `{"asset_id": "…", "rendition": "frame-last.png"}` and waits.
"""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from asset_api.composition import renditions
from asset_api.platform import aws, cold_start
from asset_api.platform.http_api import HttpApi
from asset_api.renditions import http_responses, invocations

api = HttpApi()


@api.route("/api/v2/assets/<asset_id>/frames/<rendition>", method=["GET", "HEAD"])
def get_frame(asset_id: str, rendition: str) -> Response[bytes]:
    return http_responses.respond(renditions.frame_renditions(), asset_id, rendition)


@api.route("/api/v2/assets/<asset_id>/private/frames/<rendition>", method=["GET", "HEAD"])
def get_private_frame(asset_id: str, rendition: str) -> Response[bytes]:
    query = api.header(http_responses.VERIFIED_QUERY)
    return http_responses.respond_privately(renditions.frame_renditions(), asset_id, rendition, query)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if "requestContext" in event:
        return api.resolve(event, context)
    return invocations.handle_invocation(event, context, "video", renditions.frame_renditions, renditions.new_videos)


cold_start.end(aws.dynamodb, aws.s3, renditions.frame_renditions)
