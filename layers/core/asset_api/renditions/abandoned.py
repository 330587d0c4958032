"""Renditions whose maker crashed: every minute, those of deleted assets are removed.

IAM: the actions of the bucket, the stored renditions and the leases.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from asset_api.assets.asset import VISIBILITIES
from asset_api.assets.rendition_names import Rendition

if TYPE_CHECKING:
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.renditions.leases import Leases
    from asset_api.renditions.stored_renditions import StoredRenditions

logger = Logger()


@dataclass(frozen=True, slots=True)
class AbandonedRenditions:
    bucket: "AssetsBucket"
    stored: "StoredRenditions"
    leases: "Leases"

    def clean_up(self) -> int:
        """Clean up after expired leases; return how many there were. One query, and four to six calls for each."""
        cleared = 0
        for asset_id, name in self.leases.expired():
            if rendition := Rendition.parse(name):
                self._remove_orphans(asset_id, rendition)
            self.leases.remove_from_index(asset_id, name)
            logger.info("rendition abandoned", extra={"asset_id": asset_id, "rendition": name})
            cleared += 1
        return cleared

    def _remove_orphans(self, asset_id: str, rendition: Rendition) -> None:
        """Remove the rendition wherever its original is missing."""
        missing = [each for each in VISIBILITIES if not self.bucket.has(asset_id, each)]
        for visibility in missing:
            self.stored.remove(asset_id, rendition, visibility)
        if len(missing) == len(VISIBILITIES):
            # Deleted. After a change of visibility instead, upkeep invalidates.
            self.leases.request_invalidation(asset_id)
