"""Frames of videos as renditions: read from S3 by range, decoded by FFmpeg, encoded by libvips.

IAM: s3:GetObject on `api/v2/assets/*`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyvips
from botocore.exceptions import ClientError

from asset_api.assets.public_urls import object_key
from asset_api.platform import aws_errors
from asset_api.renditions import images, pictures, videos
from asset_api.renditions.ranged_files import RangedFile
from asset_api.renditions.renditions import OriginalGoneError, UnrenderableError

if TYPE_CHECKING:
    from asset_api.assets.rendition_names import Rendition
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.renditions.renditions import Original
    from asset_api.renditions.videos import DecodedFrame

# The longest side of a WebP (RFC 9649, section 2.4).
_LONGEST_SIDE = 16383


@dataclass(frozen=True, slots=True)
class FrameMaker:
    """Makes renditions of videos."""

    bucket: "AssetsBucket"

    def __call__(self, original: "Original", rendition: "Rendition") -> bytes:
        """Decode and encode the frame. Raises UnrenderableError and OriginalGoneError. One call for each range read."""
        return render(self._decoded(original, rendition), rendition)

    def _decoded(self, original: "Original", rendition: "Rendition") -> "DecodedFrame":
        if rendition.frame is None:
            raise UnrenderableError(f"{rendition.name} is not a frame")
        file = RangedFile(lambda start, length: self._read(original, start, length), original.size_bytes)
        try:
            return videos.frame(file, rendition.frame)
        finally:
            if file.failure:
                raise file.failure

    def _read(self, original: "Original", start: int, length: int) -> bytes:
        try:
            found = self.bucket.s3.get_object(
                Bucket=self.bucket.name,
                Key=object_key(original.asset_id, original.visibility),
                Range=f"bytes={start}-{start + length - 1}",
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                raise OriginalGoneError from error
            raise
        return found["Body"].read()


def render(decoded: "DecodedFrame", rendition: "Rendition") -> bytes:
    """Encode a frame as the rendition. Raises UnrenderableError."""
    try:
        image = pictures.picture(decoded)
        if rendition.width:
            image = image.thumbnail_image(rendition.width, height=_LONGEST_SIDE, size="down")
        return images.encode(image, rendition.format)
    except pyvips.Error as error:
        raise UnrenderableError("the frame cannot be encoded") from error
