"""Copies of large objects within the assets bucket, by ranges in parallel.

CopyObject takes minutes for gigabytes, and S3 finishes it even if its caller is gone. A multipart upload takes seconds,
and has no effect unless it is completed.

IAM: s3:GetObject on `api/v2/assets/*`, and the actions of `multipart_uploads`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asset_api.publishing.large import assembly, multipart_uploads
from asset_api.publishing.large.parallel import in_parallel

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
    """Copy the object that was found to `key`, which may be its own.

    Raises NotStoredError if it is gone or has changed, or its asset is being deleted, and if it was stored but S3's
    response was lost.
    """
    with multipart_uploads.begin(bucket, key, headers, metadata) as upload:

        def copy_part(numbered: tuple[int, assembly.CopiedPart]) -> "CompletedPartTypeDef":
            number, part = numbered
            return upload.copy_part(number, source, part.start, part.end, if_match=found["ETag"])

        ranges = enumerate(assembly.ranges(0, found["ContentLength"]), start=1)
        parts = list(in_parallel(copy_part, ranges))
        upload.finish(parts, size_bytes=found["ContentLength"], replaces=True)
