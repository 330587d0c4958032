"""Publication of a file, however it was uploaded: idempotent, in any order.

`examination` does everything that may fail because of the file. Then exactly the version that was examined is copied,
with headers we choose, to the key that CloudFront serves and that no form was ever signed for. Then it is listed. Bytes
come before the item, so a listed asset has its bytes; after a crash in between, the queue's next delivery lists it.

IAM: the actions of both buckets and the catalog.
"""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from asset_api.assets.asset import Asset
from asset_api.assets.catalog import Catalog, DeletedError, OverQuotaError, UnlistableError
from asset_api.assets.refusals import Refusals
from asset_api.media import file_types, rewriting
from asset_api.media.rewriting import Piece
from asset_api.platform import errors, metrics
from asset_api.platform.errors import ApiError
from asset_api.publishing import examination
from asset_api.publishing.arrivals import Arrival, ArrivalGoneError, Upload
from asset_api.publishing.assets_bucket import AssetsBucket, Facts, NotStoredError, PublishedFile
from asset_api.publishing.deferred_publication import LONGEST_WAIT_SECONDS, REQUEST_MAX_BYTES, PublishedLaterError
from asset_api.publishing.examination import ExaminedFile
from asset_api.publishing.incoming_bucket import ArrivedFile, IncomingBucket

if TYPE_CHECKING:
    from asset_api.publishing.large.publication import LargeFiles

logger = Logger()

# If an arrival is gone, it was published or deleted meanwhile; the next attempt finds out which.
_ATTEMPTS = 3
# Statuses that refuse the file permanently; after others, a later attempt may succeed.
_REFUSALS = (400, 403)


class _AlreadyListedError(Exception):
    """Another publication listed the asset while this one was running."""

    def __init__(self, asset: Asset) -> None:
        super().__init__(asset.asset_id)
        self.asset = asset


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes arrivals of up to `max_bytes`.

    `removes_personal_metadata` is the deployment's choice for uploads. Generated files are published unchanged, with
    the manifest that marks them as generated.
    """

    incoming: IncomingBucket
    bucket: AssetsBucket
    catalog: Catalog
    removes_personal_metadata: bool
    remove_late_bytes: Callable[[str, str], object]
    """Removes bytes of a deleted asset, given its owner and id, and invalidates CloudFront's copies (`Changer`)."""
    max_bytes: int = file_types.MAX_BYTES
    clear_former_key: Callable[[Asset], None] = lambda _: None
    """Removes bytes stored under the key that an asset had before a change (`Changer.clear_former_key`)."""
    refusals: Refusals | None = None
    """Records refused uploads. None for generated files, whose job has the reason."""
    large_files: "LargeFiles | None" = None
    """Publishes files above `REQUEST_MAX_BYTES`. None in functions whose timeout is too short for them."""

    def publish_arrived(self, owner: str, asset_id: str) -> Asset:
        """Publish the file uploaded as `asset_id`, unless it is listed already.

        Raises the 400 that says why the bytes are refused, the 404 for an asset that is deleted or another owner's,
        the 409 if no bytes have arrived, and PublishedLaterError for a large file, which its event publishes. One call
        if it is listed, three if nothing has arrived, otherwise four, and one more for the first 202 of a large file.
        """
        for _ in range(_ATTEMPTS):
            if listed := self._listed(owner, asset_id):
                return listed
            arrival = self.incoming.find(asset_id)
            if arrival is None:
                # Since the catalog was read, its event may have published the file and removed the upload.
                if listed := self._listed(owner, asset_id):
                    return listed
                raise errors.bytes_not_arrived()
            if owner != arrival.upload.owner:
                raise errors.asset_not_found()
            if arrival.size_bytes > REQUEST_MAX_BYTES and self.large_files is None:
                if arrival.size_bytes > self.max_bytes:
                    # The limit was lowered since, so nothing will publish the file.
                    raise errors.file_too_large(self.max_bytes)
                raise self.find_failure(arrival, sets_deadline=True) or PublishedLaterError(asset_id)
            try:
                return self.publish(arrival)
            except ArrivalGoneError:
                continue
        raise errors.temporarily_unavailable("The upload")

    def find_failure(self, arrival: Arrival, *, sets_deadline: bool = False) -> ApiError | None:
        """Return the error that ended the publication of a large file; None if it may still be published.

        Tombstone before response: once a client has seen the failure, an attempt that still waits in the queue or is
        redriven must not publish the file. `sets_deadline` makes the file count as failed when the queue cannot have
        its event any more. One call, two for the first 202 and for a failure.
        """
        if self.refusals is None:
            return None
        owner, asset_id = arrival.upload.owner, arrival.upload.asset_id
        if sets_deadline:
            ended = self.refusals.find_with_deadline(owner, asset_id, arrival.version_id, seconds=LONGEST_WAIT_SECONDS)
        else:
            ended = self.refusals.find(owner, asset_id, arrival.version_id)
        if ended and ended.status not in _REFUSALS:
            if not self.catalog.write_tombstone(owner, asset_id, "failed"):
                return None  # published or deleted meanwhile
            logger.warning("publication failed", extra={"asset_id": asset_id, "bytes": arrival.size_bytes})
        return ended

    def _listed(self, owner: str, asset_id: str) -> Asset | None:
        try:
            return self.catalog.find(owner, asset_id)
        except DeletedError as error:
            # A publication that copied during the delete may have crashed before it saw the tombstone.
            self.remove_late_bytes(owner, asset_id)
            raise self._refusal(error) from error

    def publish(self, arrival: Arrival, add: Callable[[Asset], Asset] | None = None) -> Asset:
        """Inspect one version of an arrival, copy it and list it; return the listed asset.

        `add` lists it instead of `Catalog.add`, with more attributes. Raises the same as `add`, the 400s, and
        ArrivalGoneError if the version was removed meanwhile, in which case nothing is public. One more call to record
        a refusal.
        """
        try:
            return self._publish(arrival, add or self.catalog.add)
        except ApiError as refusal:
            if self.refusals and refusal.status in _REFUSALS:
                upload = arrival.upload
                self.refusals.record(upload.owner, upload.asset_id, upload.filename, arrival.version_id, refusal)
            raise

    def _publish(self, arrival: Arrival, add: Callable[[Asset], Asset]) -> Asset:
        upload = arrival.upload
        examined = examination.examine(
            arrival,
            self.incoming,
            large_files=self.large_files,
            max_bytes=self.max_bytes,
            removes_personal_metadata=self.removes_personal_metadata,
            clock=self.catalog.clock,
        )
        if not self._has_room(upload, examined.size_bytes):
            # An earlier attempt may have crashed before it listed its bytes.
            if self.bucket.has(upload.asset_id, upload.options.visibility):
                return self._refuse_for_quota(upload)
            raise self._over_quota()
        try:
            published = self._promote(arrival, examined)
        except _AlreadyListedError as already:
            return already.asset
        asset = _asset(upload, published)
        try:
            listed = add(asset)
        except UnlistableError as error:
            self.remove_late_bytes(asset.owner, asset.asset_id)
            raise self._refusal(error) from error
        except OverQuotaError:
            listed = self._refuse_for_quota(upload)
        if listed.visibility != asset.visibility:
            # Listed by another publication and changed since, so these bytes are under the old key.
            self.clear_former_key(listed)
        metrics.asset_published(listed.size_bytes)
        return listed

    def _has_room(self, upload: Upload, size_bytes: int) -> bool:
        """Tell whether the owner's quota has room, before anything is public. No call without a quota."""
        if self.catalog.quota is None:
            return True
        from asset_api.assets.usage import Usages

        usages = Usages(self.catalog.dynamodb, self.catalog.table, self.catalog.quota)
        return usages.get(upload.owner).has_room(size_bytes, self.catalog.quota)

    def _refuse_for_quota(self, upload: Upload) -> Asset:
        """Write a tombstone for an asset over the quota, so that no other publication lists it, then remove its bytes.

        Return the asset if a concurrent publication has already listed it; otherwise raise the 403.
        """
        owner, asset_id = upload.owner, upload.asset_id
        if not self.catalog.write_tombstone(owner, asset_id, "quota"):
            try:
                listed = self.catalog.find(owner, asset_id)
            except DeletedError as deleted:
                self.remove_late_bytes(owner, asset_id)
                raise self._refusal(deleted) from deleted
            if listed:
                return listed
        self.bucket.remove(asset_id)
        raise self._over_quota()

    def _refusal(self, error: UnlistableError) -> ApiError:
        match error.cause if isinstance(error, DeletedError) else None:
            case "quota":
                return self._over_quota()
            case "abort":
                return errors.upload_not_found()
            case "failed":
                return errors.publication_failed()
        return errors.asset_not_found()

    def _over_quota(self) -> ApiError:
        return errors.quota_exceeded(*(self.catalog.quota or (None, None)))

    def _promote(self, arrival: Arrival, examined: ExaminedFile) -> PublishedFile:
        """Make the arrival public unless published bytes exist; return what is public."""
        try:
            if self.large_files and arrival.size_bytes > REQUEST_MAX_BYTES:
                return self._assemble(self.large_files, arrival, examined)
            if examined.pieces is None:
                return self._copy(arrival, examined.facts)
            return self._rewrite(arrival, examined.pieces, examined.facts)
        except NotStoredError as error:
            # Either published bytes exist already, or the source was removed.
            published = self.bucket.find(arrival.upload.asset_id, arrival.upload.options.visibility)
            if published is None:
                raise ArrivalGoneError(arrival.upload.asset_id) from error
            return published

    def _assemble(self, large_files: "LargeFiles", arrival: Arrival, examined: ExaminedFile) -> PublishedFile:
        upload = arrival.upload

        def require_unpublished() -> None:
            # Copying may take minutes. Meanwhile another publication may have listed the asset, and its owner may
            # have made it private or deleted it.
            try:
                listed = self.catalog.find(upload.owner, upload.asset_id)
            except DeletedError as error:
                raise self._refusal(error) from error
            if listed:
                raise _AlreadyListedError(listed)

        return large_files.publish(
            arrival,
            examined.pieces,
            examined.facts,
            sha256=upload.sha256 if examined.pieces is None else None,
            before_public=require_unpublished,
        )

    def _copy(self, arrival: Arrival, facts: Facts) -> PublishedFile:
        upload = arrival.upload
        source = self.incoming.copy_source(arrival)
        sha256 = self.bucket.copy(upload, source, facts=facts)
        return PublishedFile(
            upload.media_type, arrival.size_bytes, sha256 or arrival.verified_sha256 or upload.sha256, facts
        )

    def _rewrite(self, arrival: Arrival, pieces: tuple[Piece, ...], facts: Facts) -> PublishedFile:
        """Publish the file without its personal metadata; written to disk first, so that botocore can retry."""
        digest = hashlib.sha256()
        with tempfile.TemporaryFile() as file:
            for chunk in rewriting.apply(pieces, ArrivedFile(self.incoming, arrival)):
                digest.update(chunk)
                file.write(chunk)
            size_bytes = file.tell()
            file.seek(0)
            self.bucket.write(arrival.upload, file, sha256=digest.hexdigest(), facts=facts)
        return PublishedFile(arrival.upload.media_type, size_bytes, digest.hexdigest(), facts)


def _asset(upload: Upload, published: PublishedFile) -> Asset:
    facts = published.facts
    return Asset(
        owner=upload.owner,
        asset_id=upload.asset_id,
        filename=upload.filename,
        file_type=published.media_type.mime,
        size_bytes=published.size_bytes,
        sha256=published.sha256,
        width=facts.width,
        height=facts.height,
        content_credentials=facts.content_credentials,
        tags=upload.options.tags,
        expiry=facts.expiry,
        visibility=upload.options.visibility,
        duration_seconds=facts.duration_seconds,
        frames_per_second=facts.frames_per_second,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
    )
