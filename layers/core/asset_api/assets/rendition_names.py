"""Names of renditions, from a fixed ladder: any other name is a 404 that costs no compute.

`edge/viewer-request.js` accepts the same names, and moves frames below `frames/`, because images and frames are made by
different functions and API Gateway's routes match only whole path segments.
"""

import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

from asset_api.assets.public_urls import object_key, public_path

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility
    from asset_api.media.file_types import Kind

Frame = Literal["first", "last", "poster"]
Format = Literal["webp", "jpg", "png"]

WIDTHS = (160, 320, 640, 960, 1280, 1920)
FRAMES: tuple[Frame, ...] = ("first", "last", "poster")
MIME: dict[Format, str] = {"webp": "image/webp", "jpg": "image/jpeg", "png": "image/png"}
_FRAMES_FOLDER = "frames/"
_NAME = re.compile(
    rf"(?:frame-(?P<full>{'|'.join(FRAMES)})\.(?P<png>png)"
    rf"|(?:frame-(?P<frame>{'|'.join(FRAMES)})-)?w(?P<width>{'|'.join(map(str, WIDTHS))})\.(?P<format>webp|jpg))"
)


class Rendition(NamedTuple):
    """One step of the ladder. `frame` is None for images, `width` is None for a frame at full size."""

    width: int | None
    format: Format
    frame: Frame | None = None

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Parse a rendition's name; None for anything else."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        parts: dict[str, Any] = found.groupdict()
        return cls(
            width=int(parts["width"]) if parts["width"] else None,
            format=parts["format"] or parts["png"],
            frame=parts["frame"] or parts["full"],
        )

    @property
    def name(self) -> str:
        """The last part of its URL."""
        frame = f"frame-{self.frame}" if self.frame else ""
        width = f"w{self.width}" if self.width else ""
        return f"{'-'.join(filter(None, (frame, width)))}.{self.format}"

    @property
    def mime(self) -> str:
        return MIME[self.format]

    @property
    def kind(self) -> "Kind":
        """The kind of assets that have this rendition."""
        return "video" if self.frame else "image"

    def object_key(self, asset_id: str, visibility: "Visibility" = "public") -> str:
        """Return the key in the assets bucket, which is the path that CloudFront requests."""
        return f"{object_key(asset_id, visibility)}/{_FRAMES_FOLDER if self.frame else ''}{self.name}"

    def public_path(self, asset_id: str) -> str:
        """Return the path on the service's host."""
        return f"{public_path(asset_id)}/{self.name}"


# The thumbnail in lists (`public_urls.thumbnail_path`).
THUMBNAIL = Rendition(320, "webp")
POSTER = Rendition(320, "webp", "poster")
