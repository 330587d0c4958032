"""GET of an image's renditions that S3 does not have yet, and those that every new image gets, by asynchronous events.

An event is `{"owner": "…", "asset_id": "…", "file_type": "image/jpeg"}`.
A function that needs a rendition invokes this one by `{"asset_id": "…", "rendition": "w320.webp"}` and waits.
"""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from asset_api.composition import renditions
from asset_api.platform import aws, cold_start
from asset_api.platform.http_api import HttpApi
from asset_api.renditions import http_responses, invocations

api = HttpApi()


@api.route("/api/v2/assets/<asset_id>/<rendition>", method=["GET", "HEAD"])
def get_rendition(asset_id: str, rendition: str) -> Response[bytes]:
    return http_responses.respond(renditions.image_renditions(), asset_id, rendition)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if "requestContext" in event:
        return api.resolve(event, context)
    return invocations.work_on(event, context, "image", renditions.image_renditions, renditions.new_images)


cold_start.end(aws.dynamodb, aws.s3, renditions.image_renditions)
