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
        """Clean up after expired leases; return how many there were. One query, and four calls for each."""
        cleared = 0
        for asset_id, name in self.leases.expired():
            rendition = Rendition.parse(name)
            for visibility in VISIBILITIES:
                if rendition and not self.bucket.has(asset_id, visibility):
                    self.stored.remove(asset_id, rendition, visibility)
            self.leases.remove_from_index(asset_id, name)
            logger.info("rendition abandoned", extra={"asset_id": asset_id, "rendition": name})
            cleared += 1
        return cleared
