"""Publication of files of any size, in constant memory: S3 itself copies the unchanged ranges, in parallel.

A multipart upload becomes public only with its last call, so a publication that crashes earlier leaves nothing public.
If its asset is deleted meanwhile, the last call is not made or fails: the publication looks for a tombstone right
before it, and if the tombstone is written later, `purge` aborts the upload.

IAM: the actions of `multipart_uploads` and of reading from the incoming bucket.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_api.assets.public_urls import object_key
from asset_api.media import rewriting
from asset_api.media.rewriting import OriginalBytes, Piece
from asset_api.publishing.arrivals import Arrival
from asset_api.publishing.assets_bucket import AssetsBucket, Facts, PublishedFile
from asset_api.publishing.incoming_bucket import ArrivedFile, IncomingBucket
from asset_api.publishing.large import assembly, multipart_uploads
from asset_api.publishing.large.multipart_uploads import LargeUpload
from asset_api.publishing.large.parallel import in_parallel

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

    from asset_api.publishing.large.assembly import Part

_READ_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LargeFiles:
    incoming: IncomingBucket
    bucket: AssetsBucket

    def sha256(self, arrival: Arrival) -> str:
        """Compute the SHA-256 (hex) of an arrival by reading it to the end. Raises ArrivalGoneError.

        S3 computes SHA-256 only for each part of a file that was uploaded in parts.
        """
        file = ArrivedFile(self.incoming, arrival)
        digest = hashlib.sha256()
        for chunk in in_parallel(
            lambda start: file.read(start, _READ_BYTES), range(0, arrival.size_bytes, _READ_BYTES)
        ):
            digest.update(chunk)
        return digest.hexdigest()

    def publish(
        self,
        arrival: Arrival,
        pieces: tuple[Piece, ...] | None,
        facts: Facts,
        *,
        sha256: str | None,
        before_public: Callable[[], object],
    ) -> PublishedFile:
        """Make the arrival public, rewritten as `pieces` unless that is None; `sha256` (hex) is the result's, if known.

        Calls `before_public` before the last call. Raises NotStoredError, ArrivalGoneError, and whatever
        `before_public` raises; nothing is public then.
        """
        upload = arrival.upload
        pieces = pieces or (OriginalBytes(0, arrival.size_bytes),)
        size_bytes = rewriting.pieces_size(pieces)
        key = object_key(upload.asset_id, upload.options.visibility)
        # For a file in parts, S3 has no SHA-256 of the whole, so it is stored as metadata.
        metadata = facts.to_metadata() | ({"sha256": sha256} if sha256 else {})
        with multipart_uploads.begin(self.bucket, key, self.bucket.headers_of(upload, facts), metadata) as target:
            parts = enumerate(assembly.divide(pieces), start=1)
            stored = list(in_parallel(lambda numbered: self._store(arrival, target, *numbered), parts))
            before_public()
            target.finish(stored, size_bytes=size_bytes)
        return PublishedFile(upload.media_type, size_bytes, sha256, facts)

    def _store(self, arrival: Arrival, target: LargeUpload, number: int, part: "Part") -> "CompletedPartTypeDef":
        match part:
            case assembly.CopiedPart(start, end):
                return target.copy_part(number, self.incoming.copy_source(arrival), start, end)
            case assembly.RewrittenPart(pieces):
                data = b"".join(rewriting.apply(pieces, ArrivedFile(self.incoming, arrival)))
                return target.write_part(number, data)
