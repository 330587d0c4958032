"""Invocations of the functions that make renditions, other than viewers' requests.

{"asset_id": "…", "rendition": "…", "visibility"?}
    another function needs a rendition and waits; the response is a status
{"owner": "…", "asset_id": "…", "file_type": "…", "tags"?, "visibility"?}
    thumbnails for a new file, asynchronously
"""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from asset_api.assets.rendition_names import Rendition
from asset_api.platform import remaining_time
from asset_api.platform.errors import ApiError
from asset_api.renditions.renditions import UnrenderableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from asset_api.assets.asset import Visibility
    from asset_api.media.file_types import Kind
    from asset_api.renditions.new_files import NewFiles
    from asset_api.renditions.renditions import Renditions

logger = Logger()


def handle_invocation(
    event: "Mapping[str, Any]",
    context: Any,
    kind: "Kind",
    renditions: "Callable[[], Renditions]",
    new_files: "Callable[[], NewFiles]",
) -> dict[str, Any] | None:
    """Handle either kind of invocation. A new file that was deleted meanwhile is not an error."""
    logger.set_correlation_id(context.aws_request_id)
    with remaining_time.of(context):
        if "rendition" in event:
            return ensure_rendition(renditions(), event)
        try:
            new_files().prepare(event["owner"], event["asset_id"], event.get("tags", ()), _visibility(event))
        except ApiError as error:
            if error.status >= 500:
                raise
            logger.info("%s deleted meanwhile", kind, extra={"asset_id": event["asset_id"]})
    return None


def ensure_rendition(renditions: "Renditions", event: "Mapping[str, str]") -> dict[str, Any]:
    """Make the rendition unless it is stored; return the status that a viewer would get, and its detail."""
    rendition = Rendition.parse(event["rendition"])
    if rendition is None:
        raise ValueError(f"no rendition is called {event['rendition']}")
    try:
        renditions.ensure(event["asset_id"], rendition, _visibility(event))
    except UnrenderableError as error:
        return {"status": 404, "detail": error.reason}
    except ApiError as error:
        return {"status": error.status, "detail": error.detail}
    return {"status": 200}


def _visibility(event: "Mapping[str, Any]") -> "Visibility":
    return "private" if event.get("visibility") == "private" else "public"
