"""Multipart uploads to the assets bucket: public as a whole once finished, or not at all.

IAM, on `api/v2/assets/*`: s3:PutObject and s3:AbortMultipartUpload.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asset_api.assets.public_urls import object_key
from asset_api.platform import aws_errors
from asset_api.publishing.assets_bucket import AssetsBucket, Facts, NotStoredError

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

    from asset_api.publishing.arrivals import Upload

# Another publication was first, or this upload has ended: by lifecycle, or by this same call if its response was lost.
_REFUSED = aws_errors.PRECONDITION_FAILED | aws_errors.WRITE_CONFLICT | aws_errors.NO_UPLOAD


@dataclass(frozen=True, slots=True)
class LargeUpload:
    """A multipart upload in progress."""

    bucket: AssetsBucket
    key: str
    upload_id: str

    @classmethod
    def begin(cls, bucket: AssetsBucket, upload: "Upload", *, facts: Facts, sha256: str | None) -> "LargeUpload":
        """Begin an upload. One call. `sha256` (hex) becomes metadata: S3 has no checksum of a whole file in parts."""
        key = object_key(upload.asset_id, upload.options.visibility)
        metadata = facts.to_metadata() | ({"sha256": sha256} if sha256 else {})
        headers = bucket.headers_of(upload, facts)
        begun = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key=key, Metadata=metadata, **headers)
        return cls(bucket, key, begun["UploadId"])

    def copy_part(self, number: int, source: "CopySourceTypeDef", start: int, end: int) -> "CompletedPartTypeDef":
        """Copy the bytes of another object from `start` up to `end`. One call. Raises NotStoredError if it is gone."""
        try:
            copied = self.bucket.s3.upload_part_copy(
                **self._request, PartNumber=number, CopySource=source, CopySourceRange=f"bytes={start}-{end - 1}"
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                raise NotStoredError from error
            raise
        return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

    def write_part(self, number: int, data: bytes) -> "CompletedPartTypeDef":
        """Upload these bytes. One call."""
        written = self.bucket.s3.upload_part(**self._request, PartNumber=number, Body=data)
        return {"PartNumber": number, "ETag": written["ETag"]}

    def finish(self, parts: Sequence["CompletedPartTypeDef"], *, size_bytes: int) -> None:
        """Make the file public. One call. Raises NotStoredError if there are published bytes already."""
        try:
            self.bucket.s3.complete_multipart_upload(
                **self._request,
                MultipartUpload={"Parts": parts},
                MpuObjectSize=size_bytes,
                IfNoneMatch="*",
            )
        except ClientError as error:
            if aws_errors.code(error) in _REFUSED:
                raise NotStoredError from error
            raise

    def abort(self) -> None:
        """Remove the parts, which would cost storage until the bucket's lifecycle removes them. One call."""
        self.bucket.s3.abort_multipart_upload(**self._request)

    @property
    def _request(self) -> Any:
        return {"Bucket": self.bucket.name, "Key": self.key, "UploadId": self.upload_id}
