"""Deleting an asset: out of the list at once and for good, then its bytes.

IAM: what deleting in the catalog needs, what removing in both buckets needs, and s3:GetObject on `api/v2/assets/*`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_api.assets import asset_ids
from asset_api.platform import errors
from asset_api.publishing import purging

if TYPE_CHECKING:
    from asset_api.assets.catalog import Catalog
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket


@dataclass(frozen=True, slots=True)
class Deleter:
    """Deletes what the list shows, and what is public without being listed: its id tells whose it is."""

    catalog: "Catalog"
    incoming: "IncomingBucket"
    bucket: "AssetsBucket"
    asset_id_salt: str

    def delete(self, owner: str, asset_id: str) -> None:
        """Raises the 404 where there is no such asset of this owner, or not any more. Five calls, up to seven."""
        # Tombstone before bytes: a crash here leaves work for the purge function, not a dead link in the list.
        if not self.catalog.delete(owner, asset_id) and not self._delete_unlisted(owner, asset_id):
            raise errors.asset_not_found()
        purging.remove_bytes(asset_id, self.incoming, self.bucket)

    def _delete_unlisted(self, owner: str, asset_id: str) -> bool:
        """Write the tombstone of bytes whose publication died, or is about to list them. False where there are none."""
        if not asset_ids.issued_to(owner, asset_id, salt=self.asset_id_salt) or not self.bucket.has(asset_id):
            return False
        if self.catalog.bury(owner, asset_id) or self.catalog.delete(owner, asset_id):  # listed at this very moment
            return True
        # Deleted before, by whoever died before the bytes were removed.
        purging.remove_bytes(asset_id, self.incoming, self.bucket)
        return False
