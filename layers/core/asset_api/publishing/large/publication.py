"""Publication of files of any size, in constant memory: S3 itself copies the unchanged ranges, in parallel.

A multipart upload becomes public as a whole, with its last call. So a publication that crashes before leaves nothing
public. If its asset is deleted meanwhile, it stops there: it looks for a tombstone before the last call, and if the
tombstone comes later, `purge` aborts the upload.

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
from asset_api.publishing.assets_bucket import AssetsBucket, Facts, Published
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
    ) -> Published:
        """Make the arrival public, rewritten as `pieces` unless that is None; `sha256` (hex) is the result's, if known.

        Calls `before_public` before the last call. Raises NotStoredError, ArrivalGoneError, and whatever
        `before_public` raises; nothing is public then.
        """
        upload = arrival.upload
        pieces = pieces or (OriginalBytes(0, arrival.size_bytes),)
        size_bytes = rewriting.pieces_size(pieces)
        key = object_key(upload.asset_id, upload.options.visibility)
        # S3 has no SHA-256 of a whole file in parts: it is kept as metadata.
        metadata = facts.to_metadata() | ({"sha256": sha256} if sha256 else {})
        with multipart_uploads.begin(self.bucket, key, self.bucket.headers_of(upload, facts), metadata) as begun:
            parts = enumerate(assembly.divide(pieces), start=1)
            stored = list(in_parallel(lambda numbered: self._store(arrival, begun, *numbered), parts))
            before_public()
            begun.finish(stored, size_bytes=size_bytes)
        return Published(upload.media_type, size_bytes, sha256, facts)

    def _store(self, arrival: Arrival, begun: LargeUpload, number: int, part: "Part") -> "CompletedPartTypeDef":
        match part:
            case assembly.CopiedPart(start, end):
                return begun.copy_part(number, self.incoming.copy_source(arrival), start, end)
            case assembly.RewrittenPart(pieces):
                data = b"".join(rewriting.apply(pieces, ArrivedFile(self.incoming, arrival)))
                return begun.write_part(number, data)
