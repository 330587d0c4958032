"""CloudFront's requests for renditions that S3 does not have, and the events of new images."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from asset_api import composition
from functions.frames import app as frames
from functions.reconcile import app as reconcile
from functions.renditions import app as renditions
from tests.functions.clock import Clock
from tests.functions.gateway import ORIGIN_SECRET, Context, event
from tests.functions.triggers import sample

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

HEADERS = {"x-origin-secret": ORIGIN_SECRET}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(asset_id: str, name: str, method: str = "GET", context: Any = None) -> Response:
    """Request a rendition; return the function's response."""
    folder = "frames/" if name.startswith("frame-") else ""
    return request(method, f"/api/v2/assets/{asset_id}/{folder}{name}", {}, context)


def request(method: str, path: str, headers: Mapping[str, str], context: Any = None) -> Response:
    """Send a request that the edge function has forwarded with these headers; return the response."""
    request_event = event(method, path, {**HEADERS, **headers}, b"")
    response = (frames if "/frames/" in path else renditions).handler(request_event, context or Context())
    assert response is not None
    body = response.get("body") or ""
    decoded = base64.b64decode(body) if response["isBase64Encoded"] else body.encode()
    return Response(response["statusCode"], {k.lower(): v for k, v in response["headers"].items()}, decoded)


class _Passing(Context):
    """An invocation of 28 seconds, whose sleeps also advance the functions' clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.seconds_left = clock, 28.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)

    def sleep(self, seconds: float) -> None:
        self.seconds_left -= seconds
        self.clock.advance(seconds)


def ask_with_patience(asset_id: str, name: str, clock: Clock) -> Response:
    """Request a rendition that another request is making, without really waiting; return the response."""
    context = _Passing(clock)
    made_by = "frame_renditions" if name.startswith("frame-") else "image_renditions"
    waiting = replace(getattr(composition.renditions, made_by)(), sleep=context.sleep)
    with patch.object(composition.renditions, made_by, lambda: waiting):
        return ask(asset_id, name, context=context)


def image_published(
    owner: str, asset_id: str, file_type: str = "image/jpeg", tags: Sequence[str] = (), **more: object
) -> None:
    """Send the event of a new image."""
    details = {"owner": owner, "asset_id": asset_id, "file_type": file_type, **({"tags": list(tags)} if tags else {})}
    renditions.handler({**sample("new-image"), **details, **more}, Context())


def video_published(owner: str, asset_id: str) -> None:
    """Send the event of a new video."""
    frames.handler({**sample("new-video"), "owner": owner, "asset_id": asset_id}, Context())


def a_minute_passes() -> None:
    """Run the scheduled function."""
    reconcile.handler(sample("reconcile"), Context())


def stored(s3: "S3Client") -> list[str]:
    """List the keys of all renditions, relative to their asset's."""
    found = s3.list_objects_v2(Bucket="assets").get("Contents", [])
    paths = (each["Key"].removeprefix("api/v2/assets/") for each in found)
    return [path for path in paths if "/" in path]
