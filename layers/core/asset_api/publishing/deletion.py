"""Deletion of assets: first their catalog items, permanently, then their bytes.

IAM: the actions of deleting from the catalog and removing from both buckets, and s3:GetObject on `api/v2/assets/*`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.assets import asset_ids
from asset_api.platform import errors
from asset_api.platform.errors import ApiError

if TYPE_CHECKING:
    from asset_api.assets.catalog import Catalog
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.publishing.incoming_bucket import IncomingBucket


logger = Logger()


class DeleteResult(NamedTuple):
    """Ids in the requested order. Those in `failed` may or may not be deleted, and can be requested again."""

    deleted: list[str]
    not_found: list[str]
    failed: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the body of the 200."""
        body = {"success": True, "deleted": self.deleted, "not_found": self.not_found}
        return body | ({"failed": self.failed} if self.failed else {})


@dataclass(frozen=True, slots=True)
class Deleter:
    """Deletes listed assets, and public bytes that were never listed, whose ids are bound to their owner."""

    catalog: "Catalog"
    incoming: "IncomingBucket"
    bucket: "AssetsBucket"
    asset_id_salt: str
    remove_late_bytes: Callable[[str, str], object]
    """Removes bytes of a deleted asset, given its owner and id, and invalidates CloudFront's copies (`Changer`)."""

    def delete(self, owner: str, asset_id: str) -> None:
        """Delete an asset. Raises the 404 if this owner does not have it (any more). Five to seven calls."""
        # Tombstone before bytes: a crash here leaves work for the purge function, not a dead link in the list.
        if not self.catalog.delete(owner, asset_id) and not self._delete_unlisted(owner, asset_id):
            raise errors.asset_not_found()
        # The uploaded versions first: a publication in flight then has nothing left to copy.
        self.incoming.remove(asset_id)
        self.bucket.remove(asset_id)

    def delete_many(self, owner: str, asset_ids_: Sequence[str]) -> "DeleteResult":
        """Delete up to a hundred assets. If some fail, return which; if none was deleted, raise the failure.

        `purge` removes their uploaded versions and renditions. Three calls for up to 49 assets (fewer with tags), one
        more for every further 49, and one more for each that is not listed.
        """
        wanted = list(dict.fromkeys(asset_ids_))
        deleted: set[str] = set()
        unknown: set[str] = set()
        try:
            now = self.catalog.clock()
            for asset in self.catalog.delete_many(owner, wanted):
                (unknown if asset.is_expired(now) else deleted).add(asset.asset_id)
            for asset_id in wanted:
                if asset_id not in deleted | unknown:
                    (deleted if self._delete_unlisted(owner, asset_id) else unknown).add(asset_id)
        except (ApiError, BotoCoreError, ClientError):
            if not deleted:
                raise
            logger.exception("batch only partly deleted")
        try:
            if deleted:
                self.bucket.remove_originals(sorted(deleted))
        except (BotoCoreError, ClientError):
            # The tombstones are written, so `purge` removes the bytes.
            logger.exception("bytes not removed yet")
        return DeleteResult(
            [asset_id for asset_id in wanted if asset_id in deleted],
            [asset_id for asset_id in wanted if asset_id in unknown],
            [asset_id for asset_id in wanted if asset_id not in deleted | unknown],
        )

    def _delete_unlisted(self, owner: str, asset_id: str) -> bool:
        """Write the tombstone of bytes whose publication crashed or is about to list them; False if there are none."""
        if not asset_ids.is_issued_to(owner, asset_id, salt=self.asset_id_salt) or not self._has_bytes(asset_id):
            return False
        # If no tombstone was needed because the asset has just been listed, delete it.
        if self.catalog.write_tombstone(owner, asset_id) or self.catalog.delete(owner, asset_id):
            return True
        # Deleted earlier: the request crashed before it removed the bytes, or a publication stored them afterwards.
        self.incoming.remove(asset_id)
        self.remove_late_bytes(owner, asset_id)
        return False

    def _has_bytes(self, asset_id: str) -> bool:
        return self.bucket.has(asset_id) or self.bucket.has(asset_id, "private")
