"""Writing of objects of any size from a stream to a versioned bucket, in constant memory: a few parts of 8 MiB.

IAM: s3:PutObject and s3:AbortMultipartUpload.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asset_api.publishing.unfinished_uploads import abort_unless_ended, left_to_lifecycle

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# S3 allows 10,000 parts of 5 MiB or more: "Amazon S3 multipart upload limits".
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A stored object; `sha256` in hex."""

    version_id: str
    size_bytes: int
    sha256: str


def parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Divide the bytes into parts of exactly 8 MiB, except the last; no parts if there are no bytes."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= PART_BYTES:
            yield bytes(memoryview(buffer)[:PART_BYTES])
            del buffer[:PART_BYTES]
    if buffer:
        yield bytes(buffer)


@dataclass(frozen=True, slots=True)
class LargeObject:
    """One object to be written."""

    s3: "S3Client"
    bucket: str
    key: str
    content_type: str
    metadata: Mapping[str, str]

    def write(self, first: bytes, rest: Iterator[bytes]) -> StoredObject:
        """Write the parts. If this raises, no object was stored."""
        second = next(rest, None)
        if second is None:
            return self._write_at_once(first)
        upload_id = self.s3.create_multipart_upload(
            Bucket=self.bucket, Key=self.key, ContentType=self.content_type, Metadata=self.metadata
        )["UploadId"]
        try:
            return self._write_parts(upload_id, first, second, rest)
        except BaseException:
            with left_to_lifecycle(self.key):
                abort_unless_ended(self.s3, self.bucket, self.key, upload_id)
            raise

    def _write_at_once(self, data: bytes) -> StoredObject:
        response = self.s3.put_object(
            Bucket=self.bucket, Key=self.key, Body=data, ContentType=self.content_type, Metadata=self.metadata
        )
        return StoredObject(response["VersionId"], len(data), hashlib.sha256(data).hexdigest())

    def _write_parts(self, upload_id: str, first: bytes, second: bytes, rest: Iterator[bytes]) -> StoredObject:
        digest, size_bytes = hashlib.sha256(), 0
        completed: list[CompletedPartTypeDef] = []
        for number, part in enumerate(_chained(first, second, rest), start=1):
            digest.update(part)
            size_bytes += len(part)
            response = self.s3.upload_part(
                Bucket=self.bucket, Key=self.key, UploadId=upload_id, PartNumber=number, Body=part
            )
            completed.append({"PartNumber": number, "ETag": response["ETag"]})
        whole = self.s3.complete_multipart_upload(
            Bucket=self.bucket, Key=self.key, UploadId=upload_id, MultipartUpload={"Parts": completed}
        )
        return StoredObject(whole["VersionId"], size_bytes, digest.hexdigest())


def _chained(first: bytes, second: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield second
    yield from rest
