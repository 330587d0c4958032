"""The incoming bucket: private and versioned, where files arrive, and where they are read to be inspected.

A form can be posted again at any moment, so whatever is done with a file names the version that was read first. Its
ETag would not do: it is an MD5, and anyone can make two files that share one.

IAM, on the prefix: s3:PutObject to store; s3:GetObject and GetObjectVersion to read and to copy from;
DeleteObject and DeleteObjectVersion to remove. On the bucket: s3:ListBucket, without which S3 answers 403 for a missing
key, and ListBucketVersions to remove.
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

# Apart from uploads: their event publishes nothing, as only `ingest` knows what became of the job.
GENERATED_PREFIX = "generated/"
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class IncomingBucket:
    s3: "S3Client"
    name: str
    prefix: str = arrivals.PREFIX

    def key(self, asset_id: str) -> str:
        """The key of this asset's file."""
        return self.prefix + asset_id

    def put(self, upload: Upload, data: bytes) -> str:
        """Store the bytes of a direct upload; the id of this version."""
        stored = self.s3.put_object(
            Bucket=self.name,
            Key=self.key(upload.asset_id),
            Body=data,
            ContentType=upload.media_type.mime,
            Metadata=upload.to_metadata(),
        )
        return stored["VersionId"]

    def find(self, asset_id: str) -> Arrival | None:
        """Find the version that arrived last; None if there is none, or none that this API let in. One call."""
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
        """The SHA-256 (hex) that S3 has of exactly that version. Raises ArrivalGoneError.

        One call of its own, as S3 tells no checksum with a range of an object.
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
        """Store a file of any size, in the parts that `large_objects.parts` makes. If it raises, nothing is stored."""
        # Only `ingest` stores what it has not read as a whole.
        from asset_api.publishing.large_objects import LargeObject

        key = self.key(upload.asset_id)
        stored = LargeObject(self.s3, self.name, key, upload.media_type.mime, upload.to_metadata()).write(first, rest)
        head = first[: file_types.HEAD_BYTES]
        return Arrival(upload, stored.version_id, stored.size_bytes, head, stored.sha256)

    def copy(self, upload: Upload, source: "CopySourceTypeDef") -> Arrival | None:
        """Store a copy of another object; None if there is none. Two calls."""
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
        """The ids of everything that is there, oldest first. One call for each thousand."""
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
        """Remove every version for good. One call where there is none, two up to a thousand."""
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
            # S3 answers 200 for the request as a whole.
            raise ClientError({"Error": {"Code": errors[0].get("Code", ""), "Message": key}}, "DeleteObjects")


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """The bytes of an arrival: its head as it was read before, the rest as it is asked for."""

    bucket: IncomingBucket
    arrival: Arrival

    def read(self, start: int, length: int, /) -> bytes:
        """`length` bytes from `start`, fewer where the file ends. Raises ArrivalGoneError."""
        end = min(start + length, self.arrival.size_bytes)
        if end <= len(self.arrival.head) or end <= start:
            return self.arrival.head[start:end]
        return self.bucket.read(self.arrival, start, end - start)

    def chunks(self) -> Iterator[bytes]:
        """All of it, a megabyte at a time, so that memory does not grow with the file."""
        for start in range(0, self.arrival.size_bytes, _CHUNK_BYTES):
            yield self.read(start, _CHUNK_BYTES)


def full_sha256(head: "HeadObjectOutputTypeDef") -> str | None:
    """The SHA-256 (hex) of a whole object, where S3 verified or computed it: a multipart upload's is of its parts."""
    if head.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT" or "ChecksumSHA256" not in head:
        return None
    return base64.b64decode(head["ChecksumSHA256"]).hex()
