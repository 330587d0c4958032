"""Placement of a listed asset's bytes: under the key of its visibility, with headers that match the catalog.

A rendition is made under a lease, from an original that is read after the lease was taken. So once the public original
is gone and nobody holds a lease on its renditions, nothing can appear below its key any more.

A large file is published in parts, and its publication checks the catalog right before the last step. So once the
catalog has the new visibility, and uploads in progress to the old key are aborted, nothing can appear there any more.

IAM: s3:GetObject, PutObject and DeleteObject on `api/v2/assets/*`, and s3:ListBucket. To stop publications,
s3:AbortMultipartUpload and ListBucketMultipartUploads.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from asset_api.assets.public_urls import object_key
from asset_api.media import file_types
from asset_api.platform import aws_errors, errors, remaining_time
from asset_api.publishing.assets_bucket import NotStoredError, not_stored
from asset_api.publishing.deferred_publication import REQUEST_MAX_BYTES
from asset_api.publishing.incoming_bucket import full_sha256

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

    from asset_api.assets.asset import Asset, Visibility
    from asset_api.publishing.assets_bucket import AssetsBucket, ServedHeaders

_PAUSE_SECONDS = 0.25
# For the pause, a call to S3 and one to DynamoDB (`aws.attempt_seconds`).
_STEP_SECONDS = 12


def pause(what: str, sleep: Callable[[float], None]) -> None:
    """Wait a moment for another process. Raises the 503 that names `what` if too little time is left."""
    if not remaining_time.allows(_STEP_SECONDS):
        raise errors.temporarily_unavailable(what)
    sleep(_PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class Placer:
    bucket: "AssetsBucket"
    renditions_in_progress: Callable[[str], bool]
    """Returns True while renditions of an asset's public bytes are being made."""
    sleep: Callable[[float], None] = time.sleep
    aborts_uploads: bool = True
    """True if a move aborts uploads to the key that the asset leaves, which only few functions may do."""

    def is_up_to_date(self, asset: "Asset") -> bool:
        """Tell whether the bytes are under the asset's key and served with its name and expiry. One call."""
        found = self._head(asset, asset.visibility)
        return found is not None and self._has_expected_headers(asset, found)

    def rewrite_headers(self, asset: "Asset") -> bool:
        """Serve the bytes with the asset's name and expiry; return False if they already are. One call or two.

        The bytes are copied onto themselves, within S3. Raises NotStoredError if there are none.
        """
        found = self._head(asset, asset.visibility)
        if found is None:
            raise NotStoredError
        return self._rewrite(asset, found)

    def _rewrite(self, asset: "Asset", found: "HeadObjectOutputTypeDef") -> bool:
        if self._has_expected_headers(asset, found):
            return False
        self._copy(asset, found, asset.visibility)
        if found["Metadata"].get("expiry") != self._expected_headers(asset, found)[1].get("expiry"):
            # Requests make them again, with the new expiry.
            self.bucket.remove_renditions(asset.asset_id, asset.visibility)
        return True

    def move(self, asset: "Asset") -> bool:
        """Move the bytes to the key of the asset's visibility, and empty the other; return False if nothing changed.

        Renditions are not moved, but made again on request. The bytes are stored under the new key before they are
        removed from the old one, so a crash in between never loses them. Raises NotStoredError if they are under
        neither key, and a 503 if renditions of the public bytes are being made for too long. Five calls, seven to move,
        one less to make public, and one more if there are renditions.
        """
        before: Visibility = "private" if asset.visibility == "public" else "public"
        if self.aborts_uploads:
            # Imported here because most requests move nothing.
            from asset_api.publishing.large import multipart_uploads

            # A publication that has not begun its upload yet finds the asset listed and stores nothing.
            multipart_uploads.abort_all(self.bucket, {object_key(asset.asset_id, before)})
        is_changed, is_left = self._store_under_own_key(asset, before)
        if is_left:
            self.bucket.s3.delete_object(Bucket=self.bucket.name, Key=object_key(asset.asset_id, before))
        if before == "public":
            # A rendition stored now would be public until its maker finds the original gone and removes it again.
            self._await_renditions(asset.asset_id)
        is_removed = self.bucket.remove_renditions(asset.asset_id, before)
        return is_changed or is_left or is_removed

    def _store_under_own_key(self, asset: "Asset", before: "Visibility") -> tuple[bool, bool]:
        """Put the asset's own bytes at its key; return whether anything changed, and whether the other key is used.

        Either key may hold what another publication of the same upload stored: the same file or, if the form was posted
        twice, another one.
        """
        target, source = self._head(asset, asset.visibility), self._head(asset, before)
        if source is None:
            if target is None:
                raise NotStoredError
            return self._rewrite(asset, target), False
        if target is None or (_has_bytes_of(asset, source) and not _has_bytes_of(asset, target)):
            self._copy(asset, source, before)
            return True, True
        return self._rewrite(asset, target), True

    def _await_renditions(self, asset_id: str) -> None:
        while self.renditions_in_progress(asset_id):
            pause("The asset, whose renditions are being made,", self.sleep)

    def _head(self, asset: "Asset", visibility: "Visibility") -> "HeadObjectOutputTypeDef | None":
        try:
            return self.bucket.s3.head_object(
                Bucket=self.bucket.name, Key=object_key(asset.asset_id, visibility), ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                return None
            raise

    def _has_expected_headers(self, asset: "Asset", found: "HeadObjectOutputTypeDef") -> bool:
        headers, metadata = self._expected_headers(asset, found)
        served = (found.get("ContentDisposition"), found.get("CacheControl"), found["Metadata"])
        return served == (headers["ContentDisposition"], headers.get("CacheControl"), metadata)

    def _expected_headers(
        self, asset: "Asset", found: "HeadObjectOutputTypeDef"
    ) -> "tuple[ServedHeaders, dict[str, str]]":
        media_type = file_types.from_mime(found["ContentType"])
        if media_type is None:
            raise ValueError(f"an asset is stored with the unsupported type {found['ContentType']}")
        headers = self.bucket.headers(media_type.mime, asset.filename, asset.expiry, asset.visibility)
        metadata = {name: value for name, value in found["Metadata"].items() if name != "expiry"}
        return headers, metadata | ({} if asset.expiry is None else {"expiry": str(asset.expiry)})

    def _copy(self, asset: "Asset", found: "HeadObjectOutputTypeDef", source: "Visibility") -> None:
        """Copy the bytes that were found to the asset's key. Raises NotStoredError if they are gone."""
        headers, metadata = self._expected_headers(asset, found)
        if found["ContentLength"] > REQUEST_MAX_BYTES:
            from asset_api.publishing.large import copies

            target = object_key(asset.asset_id, asset.visibility)
            source_key = self.bucket.copy_source(asset.asset_id, source)
            try:
                copies.copy(self.bucket, source_key, found, target, headers, metadata)
            except NotStoredError:
                # An earlier attempt of the last call may have stored it, if S3's response was lost.
                stored = self._head(asset, asset.visibility)
                if stored is None or not (_has_bytes_of(asset, stored) and self._has_expected_headers(asset, stored)):
                    raise
            return
        try:
            self.bucket.s3.copy_object(
                Bucket=self.bucket.name,
                Key=object_key(asset.asset_id, asset.visibility),
                CopySource=self.bucket.copy_source(asset.asset_id, source),
                CopySourceIfMatch=found["ETag"],
                MetadataDirective="REPLACE",
                Metadata=metadata,
                ChecksumAlgorithm="SHA256",
                **headers,
            )
        except ClientError as error:
            raise not_stored(error) from error


def _has_bytes_of(asset: "Asset", found: "HeadObjectOutputTypeDef") -> bool:
    """Tell whether the object that was found has the asset's bytes, by its SHA-256 or else by its size."""
    sha256 = full_sha256(found) or found["Metadata"].get("sha256")
    if asset.sha256 and sha256:
        return sha256 == asset.sha256
    return found["ContentLength"] == asset.size_bytes
