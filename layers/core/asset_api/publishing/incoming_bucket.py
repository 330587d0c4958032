"""The incoming bucket: private and versioned, where files arrive and are inspected.

A form can be posted again at any moment, so every operation on a file names the version that was read first. An ETag is
not enough: it is an MD5, and anyone can make two files with the same one.

IAM, on the prefix: s3:PutObject to store; s3:GetObject and GetObjectVersion to read and copy;
DeleteObject and DeleteObjectVersion to remove. On the bucket: s3:ListBucket, because without it a missing key is a 403,
and ListBucketVersions to remove.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asset_api.media import file_types
from asset_api.platform import aws_errors
from asset_api.publishing import arrivals
from asset_api.publishing.arrivals import Arrival, ArrivalGoneError, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, HeadObjectOutputTypeDef, ObjectIdentifierTypeDef

# Separate from uploads, because `ingest` publishes these files, and their events must not.
GENERATED_PREFIX = "generated/"
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class IncomingBucket:
    s3: "S3Client"
    name: str
    prefix: str = arrivals.PREFIX

    def key(self, asset_id: str) -> str:
        """Return the key of this asset's file."""
        return self.prefix + asset_id

    def put(self, upload: Upload, data: bytes) -> str:
        """Store the bytes of a direct upload; return the version id."""
        stored = self.s3.put_object(
            Bucket=self.name,
            Key=self.key(upload.asset_id),
            Body=data,
            ContentType=upload.media_type.mime,
            Metadata=upload.to_metadata(),
        )
        return stored["VersionId"]

    def find(self, asset_id: str) -> Arrival | None:
        """Find the latest version; None if there is none, or if neither a form nor this API wrote it. One call."""
        try:
            found = self.s3.get_object(
                Bucket=self.name,
                Key=self.key(asset_id),
                Range=f"bytes=0-{file_types.HEAD_BYTES - 1}",
            )
        except ClientError as error:
            # InvalidRange: the object is empty, which no form allows.
            if aws_errors.code(error) in aws_errors.NOT_FOUND | aws_errors.INVALID_RANGE:
                return None
            raise
        upload = Upload.from_metadata(asset_id, found["ContentType"], found["Metadata"])
        if upload is None:
            return None
        size_bytes = int(found["ContentRange"].rpartition("/")[2])
        return Arrival(upload, found["VersionId"], size_bytes, found["Body"].read(), None)

    def read(self, arrival: Arrival, start: int, length: int) -> bytes:
        """Read `length` bytes of exactly that version from `start` on. Raises ArrivalGoneError."""
        try:
            found = self.s3.get_object(
                Bucket=self.name,
                Key=self.key(arrival.upload.asset_id),
                VersionId=arrival.version_id,
                Range=f"bytes={start}-{start + length - 1}",
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                raise ArrivalGoneError(arrival.upload.asset_id) from error
            raise
        return found["Body"].read()

    def stored_sha256(self, arrival: Arrival) -> str | None:
        """Return S3's SHA-256 (hex) of exactly that version, if it has one. Raises ArrivalGoneError.

        A call of its own, because S3 returns no checksum with a range of an object.
        """
        try:
            found = self.s3.head_object(
                Bucket=self.name,
                Key=self.key(arrival.upload.asset_id),
                VersionId=arrival.version_id,
                ChecksumMode="ENABLED",
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                raise ArrivalGoneError(arrival.upload.asset_id) from error
            raise
        return full_sha256(found)

    def write(self, upload: Upload, first: bytes, rest: Iterator[bytes]) -> Arrival:
        """Store a file of any size, in parts from `incoming_objects.parts`. If this raises, nothing is stored."""
        # Imported late, because only `ingest` stores streams.
        from asset_api.publishing.large.incoming_objects import LargeObject

        key = self.key(upload.asset_id)
        stored = LargeObject(self.s3, self.name, key, upload.media_type.mime, upload.to_metadata()).write(first, rest)
        head = first[: file_types.HEAD_BYTES]
        return Arrival(upload, stored.version_id, stored.size_bytes, head, stored.sha256)

    def copy(self, upload: Upload, source: "CopySourceTypeDef") -> Arrival | None:
        """Store a copy of another object; None if that does not exist. Two calls."""
        try:
            self.s3.copy_object(
                Bucket=self.name,
                Key=self.key(upload.asset_id),
                CopySource=source,
                MetadataDirective="REPLACE",
                Metadata=upload.to_metadata(),
                ContentType=upload.media_type.mime,
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                return None
            raise
        return self.find(upload.asset_id)

    def ids(self) -> Iterator[str]:
        """Yield the ids of all files, oldest first. One call per thousand."""
        request: Any = {"Bucket": self.name, "Prefix": self.prefix}
        while True:
            listed = self.s3.list_objects_v2(**request)
            yield from (entry["Key"].removeprefix(self.prefix) for entry in listed.get("Contents", ()))
            if not listed["IsTruncated"]:
                return
            request["ContinuationToken"] = listed["NextContinuationToken"]

    def copy_source(self, arrival: Arrival) -> "CopySourceTypeDef":
        """Name exactly that version as the source of a copy."""
        return {"Bucket": self.name, "Key": self.key(arrival.upload.asset_id), "VersionId": arrival.version_id}

    def remove_version(self, asset_id: str, version_id: str) -> None:
        """Remove one version for good, if it is there. One call, which S3 does not charge for."""
        self.s3.delete_object(Bucket=self.name, Key=self.key(asset_id), VersionId=version_id)

    def remove(self, asset_id: str) -> None:
        """Remove every version for good. One call if there is none, two for up to a thousand."""
        key = self.key(asset_id)
        while True:
            listed = self.s3.list_object_versions(Bucket=self.name, Prefix=key)
            found = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
            if found:
                self._remove_versions(key, [version["VersionId"] for version in found if version["Key"] == key])
            if not listed["IsTruncated"]:
                return

    def _remove_versions(self, key: str, version_ids: list[str]) -> None:
        objects: list[ObjectIdentifierTypeDef] = [{"Key": key, "VersionId": version_id} for version_id in version_ids]
        removed = self.s3.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        if errors := removed.get("Errors"):
            # The response is a 200 even if some keys failed.
            raise ClientError({"Error": {"Code": errors[0].get("Code", ""), "Message": key}}, "DeleteObjects")


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """The bytes of an arrival: the head that was read before, the rest on demand."""

    bucket: IncomingBucket
    arrival: Arrival

    def read(self, start: int, length: int, /) -> bytes:
        """Return `length` bytes from `start`, fewer at the file's end. Raises ArrivalGoneError."""
        end = min(start + length, self.arrival.size_bytes)
        if end <= len(self.arrival.head) or end <= start:
            return self.arrival.head[start:end]
        return self.bucket.read(self.arrival, start, end - start)

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole file, a megabyte at a time."""
        for start in range(0, self.arrival.size_bytes, _CHUNK_BYTES):
            yield self.read(start, _CHUNK_BYTES)


def full_sha256(head: "HeadObjectOutputTypeDef") -> str | None:
    """Return the SHA-256 (hex) of a whole object, if S3 has it; a multipart upload's is of its parts."""
    if head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or "ChecksumSHA256" not in head:
        return None
    return base64.b64decode(head["ChecksumSHA256"]).hex()
