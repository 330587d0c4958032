"""The incoming bucket: private, where files arrive, and where they are read to be inspected.

IAM: s3:GetObject and s3:PutObject on the prefix, and s3:ListBucket, without which S3 answers 403 for a missing key.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from botocore.exceptions import ClientError

from asset_api.assets import asset_ids, filenames
from asset_api.media import file_types
from asset_api.platform import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef, HeadObjectOutputTypeDef

_PREFIX = "uploads/"
# Apart from uploads: their event publishes nothing, as only `ingest` knows what became of the job.
GENERATED_PREFIX = "generated/"
_CHUNK_BYTES = 1024 * 1024


class SourceChangedError(Exception):
    """The object is not, or no longer, the version that was read before: it was overwritten or removed."""


def object_key(asset_id: str) -> str:
    """Where the upload with this id arrives."""
    return _PREFIX + asset_id


def asset_id_of(key: str) -> str | None:
    """The asset id in an object key of the incoming bucket; None for a key that is none of ours."""
    asset_id = key.removeprefix(_PREFIX)
    return asset_id if key == object_key(asset_id) and asset_ids.is_asset_id(asset_id) else None


class Upload(NamedTuple):
    """What is known of a file before its bytes: pinned by the form's policy, kept as the object's metadata."""

    asset_id: str
    owner: str
    filename: str
    media_type: file_types.MediaType
    sha256: str | None = None

    def to_metadata(self) -> dict[str, str]:
        """As S3 user metadata."""
        pairs = {"owner": filenames.to_metadata(self.owner), "filename": filenames.to_metadata(self.filename)}
        return pairs | ({"sha256": self.sha256} if self.sha256 else {})

    @classmethod
    def from_metadata(cls, asset_id: str, content_type: str, metadata: Mapping[str, str]) -> Self | None:
        """What `metadata` was made from; None where the object is not one that a form or this API wrote."""
        owner = filenames.from_metadata(metadata.get("owner", ""))
        filename = filenames.from_metadata(metadata.get("filename", ""))
        media_type = file_types.from_mime(content_type)
        if not owner or not filename or media_type is None:
            return None
        return cls(asset_id, owner, filename, media_type, metadata.get("sha256"))


class Arrival(NamedTuple):
    """One version of an object in the incoming bucket: what it says it is, and its first bytes."""

    upload: Upload
    etag: str
    size_bytes: int
    head: bytes
    verified_sha256: str | None
    """Hex, where it was computed of all its bytes."""


@dataclass(frozen=True, slots=True)
class IncomingBucket:
    s3: "S3Client"
    name: str
    prefix: str = _PREFIX

    def key(self, asset_id: str) -> str:
        """Where the file of this asset arrives."""
        return self.prefix + asset_id

    def put(self, upload: Upload, data: bytes) -> str:
        """Store the bytes of a direct upload; the ETag of that version."""
        answer = self.s3.put_object(
            Bucket=self.name,
            Key=self.key(upload.asset_id),
            Body=data,
            ContentType=upload.media_type.mime,
            Metadata=upload.to_metadata(),
        )
        return answer["ETag"]

    def find(self, asset_id: str) -> Arrival | None:
        """What has arrived under this id; None where nothing has, or nothing that this API let in. One call."""
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
        return Arrival(upload, found["ETag"], size_bytes, found["Body"].read(), None)

    def read(self, arrival: Arrival, start: int, length: int) -> bytes:
        """`length` bytes from `start`, of exactly that version. Raises SourceChangedError where it is gone."""
        try:
            found = self.s3.get_object(
                Bucket=self.name,
                Key=self.key(arrival.upload.asset_id),
                Range=f"bytes={start}-{start + length - 1}",
                IfMatch=arrival.etag,
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.PRECONDITION_FAILED | aws_errors.NOT_FOUND:
                raise SourceChangedError(arrival.upload.asset_id) from error
            raise
        return found["Body"].read()

    def stored_sha256(self, arrival: Arrival) -> str | None:
        """The SHA-256 (hex) that S3 has of exactly that version. Raises SourceChangedError where it is gone.

        One call of its own, as S3 tells no checksum with a range of an object.
        """
        try:
            found = self.s3.head_object(
                Bucket=self.name,
                Key=self.key(arrival.upload.asset_id),
                IfMatch=arrival.etag,
                ChecksumMode="ENABLED",
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.PRECONDITION_FAILED | aws_errors.NOT_FOUND:
                raise SourceChangedError(arrival.upload.asset_id) from error
            raise
        return full_sha256(found)

    def write(self, upload: Upload, first: bytes, rest: Iterator[bytes]) -> Arrival:
        """Store a file of any size, in the parts that `large_objects.parts` makes. If it raises, nothing is stored."""
        # Only `ingest` stores what it has not read as a whole.
        from asset_api.publishing.large_objects import LargeObject

        key = self.key(upload.asset_id)
        stored = LargeObject(self.s3, self.name, key, upload.media_type.mime, upload.to_metadata()).write(first, rest)
        head = first[: file_types.HEAD_BYTES]
        return Arrival(upload, stored.etag, stored.size_bytes, head, stored.sha256)

    def copy_source(self, arrival: Arrival) -> "CopySourceTypeDef":
        """What to copy an arrival from."""
        return {"Bucket": self.name, "Key": self.key(arrival.upload.asset_id)}

    def remove(self, asset_id: str) -> None:
        """No error where there is nothing to remove."""
        self.s3.delete_object(Bucket=self.name, Key=self.key(asset_id))


@dataclass(frozen=True, slots=True)
class ArrivedFile:
    """The bytes of an arrival: its head as it was read before, the rest as it is asked for."""

    bucket: IncomingBucket
    arrival: Arrival

    def read(self, start: int, length: int, /) -> bytes:
        """`length` bytes from `start`, fewer where the file ends. Raises SourceChangedError."""
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
