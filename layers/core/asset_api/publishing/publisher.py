"""Frozen promotion: from arrived to public, for every way a file can arrive, any number of times, in any order.

What arrived is inspected by content; then exactly that version is copied under the key that CloudFront serves, which
no form was ever signed for, with headers we choose; then it is listed. Bytes come before the item, so that what is
listed has its bytes; a crash in between leaves bytes that the queue's next delivery lists.

IAM: s3:PutObject, GetObject and DeleteObject on `api/v2/assets/*` of the assets bucket, s3:ListBucket there, and what
`incoming` and `catalog` need.
"""

import base64
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from botocore.exceptions import ClientError

from asset_api.assets import filenames
from asset_api.assets.catalog import Asset, Catalog, DeletedError, UnlistableError
from asset_api.assets.public_urls import object_key
from asset_api.media import file_types, inspection, metadata_removal, rewriting
from asset_api.media.rewriting import MalformedImage, Piece
from asset_api.platform import aws_errors, errors, metrics
from asset_api.publishing.incoming_bucket import Arrival, ArrivedFile, IncomingBucket, SourceChangedError, stored_sha256

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from asset_api.media.file_types import MediaType

_ATTEMPTS_WHILE_OVERWRITTEN = 3
# NoSuchKey: what was to be copied has been deleted since it was read.
_REFUSED = aws_errors.PRECONDITION_FAILED | aws_errors.WRITE_CONFLICT | aws_errors.NOT_FOUND


@dataclass(frozen=True, slots=True)
class _Published:
    """The bytes that CloudFront serves under an id; `sha256` (hex) where S3 or we computed it."""

    media_type: "MediaType"
    size_bytes: int
    sha256: str | None
    dimensions: tuple[int, int] | None


class _ServedHeaders(TypedDict):
    ContentType: str
    ContentDisposition: str
    CacheControl: str


@dataclass(frozen=True, slots=True)
class AssetsBucket:
    """The bucket behind CloudFront: published bytes and nothing else."""

    s3: "S3Client"
    name: str
    cdn_lifetime_seconds: int

    def headers(self, filename: str, media_type: "MediaType") -> "_ServedHeaders":
        """What S3 keeps with the bytes and CloudFront serves."""
        cache_control = "public, max-age=31536000, immutable"
        if self.cdn_lifetime_seconds < 31536000:
            cache_control += f", s-maxage={self.cdn_lifetime_seconds}"
        return {
            "ContentType": media_type.mime,
            "ContentDisposition": filenames.content_disposition(filename),
            "CacheControl": cache_control,
        }

    def find(self, asset_id: str) -> "_Published | None":
        """What is public under this id already. Two calls."""
        try:
            found = self.s3.get_object(
                Bucket=self.name,
                Key=object_key(asset_id),
                Range=f"bytes=0-{file_types.HEAD_BYTES - 1}",
            )
            sha256 = stored_sha256(self.s3, self.name, object_key(asset_id), found["ETag"])
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND | aws_errors.PRECONDITION_FAILED:
                return None
            raise
        media_type = file_types.from_mime(found["ContentType"])
        if media_type is None:
            raise ValueError(f"an asset is stored as {found['ContentType']}")
        size_bytes = int(found["ContentRange"].rpartition("/")[2])
        head = found["Body"].read()
        return _Published(media_type, size_bytes, sha256, inspection.dimensions(head, media_type))

    def has(self, asset_id: str) -> bool:
        """Whether there are public bytes under this id. One call."""
        try:
            self.s3.head_object(Bucket=self.name, Key=object_key(asset_id))
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                return False
            raise
        return True

    def remove(self, asset_id: str) -> None:
        """No error where there is nothing to remove."""
        self.s3.delete_object(Bucket=self.name, Key=object_key(asset_id))


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes arrivals of up to `max_bytes`. `removes_personal_metadata` is the deployment's choice."""

    incoming: IncomingBucket
    bucket: AssetsBucket
    catalog: Catalog
    removes_personal_metadata: bool
    max_bytes: int = file_types.MAX_BYTES

    def publish_arrived(self, asset_id: str, *, owner: str | None = None) -> Asset:
        """Publish what has arrived under `asset_id`, for the event and for `complete` (which names the `owner`).

        Raises the 400 that says why the bytes are refused, the 404 for an asset that is deleted or another owner's,
        and the 409 where no bytes have arrived.
        """
        for _ in range(_ATTEMPTS_WHILE_OVERWRITTEN):
            if owner is not None and (listed := self._find(owner, asset_id)):
                return listed
            arrival = self.incoming.find(asset_id)
            if arrival is None:
                raise errors.bytes_not_arrived()
            if owner is None and (listed := self._find(arrival.upload.owner, asset_id)):
                return listed
            if owner not in (None, arrival.upload.owner):
                raise errors.asset_not_found()
            try:
                return self.publish(arrival)
            except SourceChangedError:
                continue
        raise errors.temporarily_unavailable("The upload, which was overwritten while it was read,")

    def publish(self, arrival: Arrival, add: Callable[[Asset], Asset] | None = None) -> Asset:
        """Inspect one version of an arrival, copy it, list it; the asset as it is listed.

        `add` lists it, as `Catalog.add` does without it: it may know more of the asset. Raises the same, and
        SourceChangedError where the arrival was overwritten meanwhile: nothing of it is public then.
        """
        inspect(arrival, self.max_bytes)
        self._verify_sha256(arrival)
        upload = arrival.upload
        published = self._promote(arrival)
        asset = Asset(
            owner=upload.owner,
            asset_id=upload.asset_id,
            filename=upload.filename,
            file_type=published.media_type.mime,
            size_bytes=published.size_bytes,
            sha256=published.sha256,
            width=published.dimensions[0] if published.dimensions else None,
            height=published.dimensions[1] if published.dimensions else None,
        )
        try:
            listed = (add or self.catalog.add)(asset)
        except UnlistableError as error:
            self.bucket.remove(asset.asset_id)
            raise errors.asset_not_found() from error
        metrics.asset_published(listed.size_bytes)
        return listed

    def _find(self, owner: str, asset_id: str) -> Asset | None:
        try:
            return self.catalog.find(owner, asset_id)
        except DeletedError as error:
            # Whoever copied while it was deleted may have died before it could see that.
            self.bucket.remove(asset_id)
            raise errors.asset_not_found() from error

    def _verify_sha256(self, arrival: Arrival) -> None:
        """Reads the file only where S3 has not verified the declared checksum already, as it does on AWS."""
        declared = arrival.upload.sha256
        if declared is None:
            return
        actual = arrival.verified_sha256 or self.incoming.stored_sha256(arrival)
        if actual is None:
            digest = hashlib.sha256()
            for chunk in ArrivedFile(self.incoming, arrival).chunks():
                digest.update(chunk)
            actual = digest.hexdigest()
        if actual != declared:
            raise errors.checksum_mismatch()

    def _promote(self, arrival: Arrival) -> "_Published":
        pieces = self._pieces_to_keep(arrival)
        try:
            if pieces is None:
                return self._copy(arrival)
            return self._write(arrival, pieces)
        except ClientError as error:
            if aws_errors.code(error) not in _REFUSED:
                raise
            # Either these bytes, or others that came before, are public already; or the source was overwritten.
            published = self.bucket.find(arrival.upload.asset_id)
            if published is None:
                raise SourceChangedError(arrival.upload.asset_id) from error
            return published

    def _pieces_to_keep(self, arrival: Arrival) -> tuple[Piece, ...] | None:
        """What remains of a file without its personal metadata; None where it has none, and is copied whole."""
        if not self.removes_personal_metadata:
            return None
        try:
            source = ArrivedFile(self.incoming, arrival)
            return metadata_removal.plan(source, arrival.size_bytes, arrival.upload.media_type)
        except MalformedImage as error:
            why = f"the bytes are not a whole {arrival.upload.media_type.mime}"
            raise errors.invalid_file_type(why, file_types.SUPPORTED_EXTENSIONS) from error

    def _copy(self, arrival: Arrival) -> "_Published":
        upload = arrival.upload
        answer = self.bucket.s3.copy_object(
            Bucket=self.bucket.name,
            Key=object_key(upload.asset_id),
            CopySource={"Bucket": self.incoming.name, "Key": self.incoming.key(upload.asset_id)},
            CopySourceIfMatch=arrival.etag,
            # The first promotion wins. The emulator ignores it; there, `_find` alone keeps what is public as it is.
            IfNoneMatch="*",
            MetadataDirective="REPLACE",
            ChecksumAlgorithm="SHA256",
            **self.bucket.headers(upload.filename, upload.media_type),
        )
        checksum = answer["CopyObjectResult"].get("ChecksumSHA256")
        sha256 = base64.b64decode(checksum).hex() if checksum else arrival.verified_sha256 or upload.sha256
        return _Published(upload.media_type, arrival.size_bytes, sha256, _dimensions(arrival))

    def _write(self, arrival: Arrival, pieces: tuple[Piece, ...]) -> "_Published":
        """By way of a file, as botocore must be able to send the bytes again."""
        upload = arrival.upload
        digest = hashlib.sha256()
        with tempfile.TemporaryFile() as file:
            for chunk in rewriting.apply(pieces, ArrivedFile(self.incoming, arrival)):
                digest.update(chunk)
                file.write(chunk)
            size_bytes = file.tell()
            file.seek(0)
            self.bucket.s3.put_object(
                Bucket=self.bucket.name,
                Key=object_key(upload.asset_id),
                Body=file,
                IfNoneMatch="*",
                # Kept with the bytes, for whoever finds them there and lists them.
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
                **self.bucket.headers(upload.filename, upload.media_type),
            )
        return _Published(upload.media_type, size_bytes, digest.hexdigest(), _dimensions(arrival))


def inspect(arrival: Arrival, max_bytes: int = file_types.MAX_BYTES) -> None:
    """Decide by content. Raises the 400 `Invalid file type`, `File too large` or `Empty file`."""
    if arrival.size_bytes == 0:
        raise errors.empty_file()
    if arrival.size_bytes > max_bytes:
        raise errors.file_too_large(max_bytes)
    declared = arrival.upload.media_type
    detected = inspection.detect(arrival.head)
    if detected is not declared:
        found = f"those of {detected.mime}" if detected else f"not those of {declared.mime}"
        why = f"declared as {declared.mime}, but the bytes are {found}"
        raise errors.invalid_file_type(why, file_types.SUPPORTED_EXTENSIONS)


def _dimensions(arrival: Arrival) -> tuple[int, int] | None:
    return inspection.dimensions(arrival.head, arrival.upload.media_type)
