"""Thumbnails and the thumbhash of newly published files, made before anybody requests them."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from asset_api.assets.rendition_names import THUMBNAIL, Rendition
from asset_api.platform import errors
from asset_api.platform.errors import ApiError
from asset_api.renditions import images, thumbhash
from asset_api.renditions.renditions import UnrenderableError

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility
    from asset_api.renditions.facts import AssetFacts
    from asset_api.renditions.renditions import Renditions

# 640 for high-density screens: the page offers both.
_THUMBNAILS = (THUMBNAIL, Rendition(640, "webp"))

logger = Logger()


@dataclass(frozen=True, slots=True)
class NewFiles:
    renditions: "Renditions"
    facts: "AssetFacts"
    thumbnails: tuple[Rendition, ...] = _THUMBNAILS
    """The thumbhash is computed from the first."""

    def prepare(self, owner: str, asset_id: str, tags: Sequence[str] = (), visibility: "Visibility" = "public") -> None:
        """Make the thumbnails of an image or a video, and record its thumbhash, or why it has no renditions.

        `tags` and `visibility` are those at its publication; the visibility may have changed since, or change
        meanwhile. Idempotent. Raises the 404 if the asset was deleted meanwhile.
        """
        other: Visibility = "private" if visibility == "public" else "public"
        # Twice, in case it is changed and changed back between two of these.
        for current in (visibility, other, visibility):
            try:
                return self._prepare(owner, asset_id, tags, current)
            except ApiError as error:
                if error.status != HTTPStatus.NOT_FOUND:
                    raise
        raise errors.asset_not_found()

    def _prepare(self, owner: str, asset_id: str, tags: Sequence[str], visibility: "Visibility") -> None:
        try:
            thumbnail = self.renditions.get(asset_id, self.thumbnails[0], visibility)
        except UnrenderableError as error:
            logger.info("file cannot be decoded", extra={"asset_id": asset_id, "reason": error.reason})
            self.facts.record(owner, asset_id, {"rendition_error": error.reason}, tags)
            return
        pixels = images.pixels(thumbnail.data, thumbhash.LONGEST_SIDE)
        facts = {"thumbhash": base64.b64encode(thumbhash.encode(*pixels)).decode()}
        self.facts.record(owner, asset_id, facts, tags)
        for larger in self.thumbnails[1:]:
            self.renditions.get(asset_id, larger, visibility)
