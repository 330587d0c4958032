"""Invocations by other functions of this service: `{"asset_id": "…", "rendition": "…"}`, answered by a status."""

from typing import TYPE_CHECKING, Any

from asset_api.assets.rendition_names import Rendition
from asset_api.platform.errors import ApiError
from asset_api.renditions.renditions import UnrenderableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asset_api.renditions.renditions import Renditions


def answer(renditions: "Renditions", event: "Mapping[str, str]") -> dict[str, Any]:
    """Have the rendition made unless it is stored; the status that a viewer would get, and its detail."""
    rendition = Rendition.parse(event["rendition"])
    if rendition is None:
        raise ValueError(f"no rendition is called {event['rendition']}")
    try:
        renditions.ensure(event["asset_id"], rendition)
    except UnrenderableError as error:
        return {"status": 404, "detail": error.reason}
    except ApiError as error:
        return {"status": error.status, "detail": error.detail}
    return {"status": 200}
