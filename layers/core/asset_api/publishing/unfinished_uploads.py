"""Multipart uploads in progress in either bucket: list them, and remove their parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.platform import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

logger = Logger()


def in_progress(s3: "S3Client", bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield key and upload id of each upload below `prefix`. One call per thousand."""
    request: Any = {"Bucket": bucket, "Prefix": prefix}
    while True:
        listed = s3.list_multipart_uploads(**request)
        yield from ((each["Key"], each["UploadId"]) for each in listed.get("Uploads", ()))
        if not listed["IsTruncated"]:
            return
        request |= {"KeyMarker": listed["NextKeyMarker"], "UploadIdMarker": listed["NextUploadIdMarker"]}


def abort_unless_ended(s3: "S3Client", bucket: str, key: str, upload_id: str) -> None:
    """Remove the parts of an upload, so that it cannot be completed. One call. Does nothing if it has ended."""
    try:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        if aws_errors.code(error) not in aws_errors.NO_UPLOAD:
            raise


@contextmanager
def left_to_lifecycle(key: str) -> Iterator[None]:
    """Ignore AWS failures in a block that removes parts: the bucket's lifecycle removes them within two days.

    Raises ClientError for anything else, such as a missing permission, which would leave the parts of every upload.
    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and not aws_errors.may_succeed_later(error):
            raise
        logger.warning("parts left to the bucket's lifecycle", exc_info=True, extra={"key": key})
