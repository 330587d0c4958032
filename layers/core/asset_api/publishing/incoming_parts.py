"""Uploads in parts to the incoming bucket. Once completed, each is an arrival like any other.

IAM, on the prefix: s3:PutObject to create, to complete, and for presigned PUTs; s3:AbortMultipartUpload;
s3:ListMultipartUploadParts. On the bucket: s3:ListBucketMultipartUploads, to find abandoned ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from asset_api.platform import aws_errors, errors
from asset_api.publishing import arrivals

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from asset_api.publishing.arrivals import Upload

# A part that was being stored when its upload was aborted may remain ("AbortMultipartUpload", S3 API reference).
_ABORTS = 3


class NoUploadError(Exception):
    """S3 has no such upload in parts: it was completed, aborted, or has expired."""


class PartChangedError(Exception):
    """A part was uploaded again between reading the list of parts and completing."""


class StoredPart(NamedTuple):
    """A part that S3 has; `etag` is quoted, as in the response to its PUT."""

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class IncomingParts:
    s3: "S3Client"
    name: str

    def create(self, upload: "Upload") -> str:
        """Begin an upload; return S3's upload id. One call."""
        created = self.s3.create_multipart_upload(
            Bucket=self.name,
            Key=arrivals.object_key(upload.asset_id),
            ContentType=upload.media_type.mime,
            Metadata=upload.to_metadata(),
        )
        return created["UploadId"]

    def stored(self, asset_id: str, s3_upload_id: str) -> list[StoredPart]:
        """List the parts that S3 has, in order. One call per thousand. Raises NoUploadError."""
        request: Any = self._request(asset_id, s3_upload_id)
        found: list[StoredPart] = []
        while True:
            try:
                listed = self.s3.list_parts(**request)
            except ClientError as error:
                raise _no_upload(error) from error
            found += [StoredPart(part["PartNumber"], part["Size"], part["ETag"]) for part in listed.get("Parts", ())]
            if not listed["IsTruncated"]:
                return found
            request["PartNumberMarker"] = listed["NextPartNumberMarker"]

    def complete(self, asset_id: str, s3_upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Assemble exactly these parts into one version. One call. Raises NoUploadError and PartChangedError."""
        try:
            self.s3.complete_multipart_upload(
                **self._request(asset_id, s3_upload_id),
                MultipartUpload={"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]},
                MpuObjectSize=sum(part.size for part in parts),
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.PART_CHANGED:
                raise PartChangedError(asset_id) from error
            raise _no_upload(error) from error

    def abort(self, asset_id: str, s3_upload_id: str) -> None:
        """Remove the upload and all of its parts, if it exists. Two calls.

        Raises the 503 if parts that were being stored meanwhile are left after three attempts.
        """
        request = self._request(asset_id, s3_upload_id)
        for _ in range(_ABORTS):
            try:
                self.s3.abort_multipart_upload(**request)
                if not self.s3.list_parts(**request).get("Parts"):
                    return
            except ClientError as error:
                if aws_errors.code(error) in aws_errors.NO_UPLOAD:
                    return
                raise
        raise errors.temporarily_unavailable("The upload, whose parts are still being stored,")

    def all(self) -> Iterator[tuple[str, str]]:
        """Yield asset id and S3's upload id of every upload in progress. One call per thousand."""
        # Imported here because only erasures need it.
        from asset_api.publishing.unfinished_uploads import in_progress

        for key, s3_upload_id in in_progress(self.s3, self.name, arrivals.object_key("")):
            asset_id = arrivals.asset_id_of(key)
            if asset_id is not None:
                yield asset_id, s3_upload_id

    def _request(self, asset_id: str, s3_upload_id: str) -> Any:
        return {"Bucket": self.name, "Key": arrivals.object_key(asset_id), "UploadId": s3_upload_id}


def _no_upload(error: ClientError) -> Exception:
    return NoUploadError() if aws_errors.code(error) in aws_errors.NO_UPLOAD else error
