"""Multipart uploads to the assets bucket: the whole file becomes readable at once, or never.

A delete aborts its asset's uploads (`abort_all`), so that even one with all of its parts cannot be finished any more.

IAM, on `api/v2/assets/*`: s3:PutObject and s3:AbortMultipartUpload. For `abort_all`, s3:AbortMultipartUpload there, and
s3:ListBucketMultipartUploads on the bucket.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from asset_api.platform import aws_errors
from asset_api.publishing.assets_bucket import AssetsBucket, NotStoredError
from asset_api.publishing.unfinished_uploads import abort_unless_ended, in_progress, left_to_lifecycle

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef

    from asset_api.publishing.assets_bucket import ServedHeaders

# The source is gone or has changed, or the upload has ended because its asset was deleted.
_NOT_COPIED = aws_errors.NOT_FOUND | aws_errors.PRECONDITION_FAILED | aws_errors.NO_UPLOAD
# Another publication came first, or the upload has ended: its asset was deleted, or an earlier attempt of this call
# finished it and its response was lost.
_NOT_FINISHED = aws_errors.PRECONDITION_FAILED | aws_errors.WRITE_CONFLICT | aws_errors.NO_UPLOAD


@dataclass(frozen=True, slots=True)
class LargeUpload:
    """A multipart upload of one file that has begun."""

    bucket: AssetsBucket
    key: str
    upload_id: str

    def copy_part(
        self, number: int, source: "CopySourceTypeDef", start: int, end: int, *, if_match: str | None = None
    ) -> "CompletedPartTypeDef":
        """Copy bytes `start` up to `end` of another object, whose ETag must be `if_match` if that is given.

        One call. Raises NotStoredError if that object is gone or the upload has ended.
        """
        condition: Any = {"CopySourceIfMatch": if_match} if if_match else {}
        try:
            copied = self.bucket.s3.upload_part_copy(
                **self._request,
                PartNumber=number,
                CopySource=source,
                CopySourceRange=f"bytes={start}-{end - 1}",
                **condition,
            )
        except ClientError as error:
            raise _not_stored(error, _NOT_COPIED) from error
        return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

    def write_part(self, number: int, data: bytes) -> "CompletedPartTypeDef":
        """Upload these bytes. One call. Raises NotStoredError if the upload has ended."""
        try:
            written = self.bucket.s3.upload_part(**self._request, PartNumber=number, Body=data)
        except ClientError as error:
            raise _not_stored(error, aws_errors.NO_UPLOAD) from error
        return {"PartNumber": number, "ETag": written["ETag"]}

    def finish(self, parts: Sequence["CompletedPartTypeDef"], *, size_bytes: int, replaces: bool = False) -> None:
        """Complete the upload, which makes the file readable. One call.

        Raises NotStoredError if the upload has ended or, without `replaces`, if the key already has a file.
        """
        condition: Any = {} if replaces else {"IfNoneMatch": "*"}
        try:
            self.bucket.s3.complete_multipart_upload(
                **self._request, MultipartUpload={"Parts": parts}, MpuObjectSize=size_bytes, **condition
            )
        except ClientError as error:
            raise _not_stored(error, _NOT_FINISHED) from error

    def abort(self) -> None:
        """Remove the parts, so that the upload cannot be finished. One call. Does nothing if the upload has ended."""
        abort_unless_ended(self.bucket.s3, self.bucket.name, self.key, self.upload_id)

    @property
    def _request(self) -> Any:
        return {"Bucket": self.bucket.name, "Key": self.key, "UploadId": self.upload_id}


@contextmanager
def begin(
    bucket: AssetsBucket, key: str, headers: "ServedHeaders", metadata: Mapping[str, str]
) -> Iterator[LargeUpload]:
    """Begin an upload, and abort it if the block raises. One call or two."""
    created = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key=key, Metadata=metadata, **headers)
    upload = LargeUpload(bucket, key, created["UploadId"])
    try:
        yield upload
    except BaseException:
        with left_to_lifecycle(key):
            upload.abort()
        raise


def abort_all(bucket: AssetsBucket, keys: Collection[str]) -> None:
    """Abort every upload to these keys, whichever function began it. One call, and one for each upload.

    The list is short: functions publish and move only a few large files at a time.
    """
    shared = commonprefix(list(keys))  # noqa: RUF071  keys are no paths
    for key, upload_id in in_progress(bucket.s3, bucket.name, shared):
        if key in keys:
            LargeUpload(bucket, key, upload_id).abort()


def _not_stored(error: ClientError, codes: Collection[str]) -> Exception:
    return NotStoredError() if aws_errors.code(error) in codes else error
