"""Copies of large objects within the assets bucket, by ranges in parallel.

CopyObject of gigabytes takes minutes, and continues in S3 when nobody waits for it any more. A multipart upload takes
seconds, and has no effect unless it is completed.

IAM, on `api/v2/assets/*`: s3:GetObject and PutObject. If a role has no s3:AbortMultipartUpload, the parts of an
interrupted copy remain until the bucket's lifecycle removes them.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from asset_api.publishing import assembly
from asset_api.publishing.assets_bucket import not_stored
from asset_api.publishing.parallel import in_parallel

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, CopySourceTypeDef, HeadObjectOutputTypeDef

    from asset_api.publishing.assets_bucket import AssetsBucket, ServedHeaders


def copy(
    bucket: "AssetsBucket",
    source: "CopySourceTypeDef",
    found: "HeadObjectOutputTypeDef",
    key: str,
    headers: "ServedHeaders",
    metadata: Mapping[str, str],
) -> None:
    """Copy the object that was found to `key`, which may be its own. Raises NotStoredError if it is gone."""
    begun = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key=key, Metadata=metadata, **headers)
    request: Any = {"Bucket": bucket.name, "Key": key, "UploadId": begun["UploadId"]}

    def copy_part(number: int, part: assembly.Copied) -> "CompletedPartTypeDef":
        copied = bucket.s3.upload_part_copy(
            **request,
            PartNumber=number,
            CopySource=source,
            CopySourceIfMatch=found["ETag"],
            CopySourceRange=f"bytes={part.start}-{part.end - 1}",
        )
        return {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

    try:
        ranges = enumerate(assembly.ranges(0, found["ContentLength"]), start=1)
        parts = list(in_parallel(lambda numbered: copy_part(*numbered), ranges))
        bucket.s3.complete_multipart_upload(**request, MultipartUpload={"Parts": parts})
    except BaseException as error:
        with suppress(BotoCoreError, ClientError):
            bucket.s3.abort_multipart_upload(**request)
        if isinstance(error, ClientError):
            raise not_stored(error) from error
        raise
