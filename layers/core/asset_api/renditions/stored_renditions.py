"""Renditions as objects in the assets bucket, below the key of their asset.

IAM: s3:PutObject, GetObject and DeleteObject on `api/v2/assets/*`, and s3:ListBucket, without which a missing key is a
403.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from asset_api.platform import aws_errors

if TYPE_CHECKING:
    from asset_api.assets.asset import Visibility
    from asset_api.assets.rendition_names import Rendition
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.renditions.renditions import Original


class RenditionBytes(NamedTuple):
    """The stored bytes of a rendition; `etag` is quoted, as in S3's header; `expiry` is the asset's."""

    data: bytes
    etag: str
    expiry: int | None


@dataclass(frozen=True, slots=True)
class StoredRenditions:
    bucket: "AssetsBucket"

    def write(self, original: "Original", rendition: "Rendition", data: bytes) -> RenditionBytes:
        """Store the rendition below its original. One call."""
        expiry, visibility = original.expiry, original.visibility
        stored = self.bucket.s3.put_object(
            Bucket=self.bucket.name,
            Key=rendition.object_key(original.asset_id, visibility),
            Body=data,
            # The name in its URL: the asset's own name has another extension, and may change.
            **self.bucket.headers(rendition.mime, rendition.name, expiry, visibility),
        )
        return RenditionBytes(data, stored["ETag"], expiry)

    def read(self, original: "Original", rendition: "Rendition") -> RenditionBytes | None:
        """Return the stored rendition, if there is one. One call."""
        object_name = rendition.object_key(original.asset_id, original.visibility)
        try:
            found = self.bucket.s3.get_object(Bucket=self.bucket.name, Key=object_name)
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                return None
            raise
        return RenditionBytes(found["Body"].read(), found["ETag"], original.expiry)

    def has(self, asset_id: str, rendition: "Rendition", visibility: "Visibility" = "public") -> bool:
        """Tell whether the rendition is stored. One call."""
        try:
            self.bucket.s3.head_object(Bucket=self.bucket.name, Key=rendition.object_key(asset_id, visibility))
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                return False
            raise
        return True

    def remove(self, asset_id: str, rendition: "Rendition", visibility: "Visibility" = "public") -> None:
        """Remove the rendition, if there is one. One call."""
        self.bucket.s3.delete_object(Bucket=self.bucket.name, Key=rendition.object_key(asset_id, visibility))
