"""Scaling of images by libvips. A hostile file that crashes the process ends one invocation, and no more.

libvips may load only the four formats that this service accepts, with decoders that are fuzzed upstream. It decodes
JPEG and WebP at the scale that is needed, and other files a few lines at a time.

pyvips is in a layer that only the functions that decode have. IAM: s3:GetObject on `api/v2/assets/*`.
"""

import mmap
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyvips
from botocore.exceptions import ClientError

from asset_api.assets.public_urls import object_key
from asset_api.media import first_frame
from asset_api.media.file_types import WEBP
from asset_api.platform import aws_errors
from asset_api.renditions.renditions import OriginalGoneError, UnrenderableError

if TYPE_CHECKING:
    from asset_api.assets.rendition_names import Format, Rendition
    from asset_api.media.file_types import MediaType
    from asset_api.publishing.assets_bucket import AssetsBucket
    from asset_api.renditions.renditions import Original

MAX_PIXELS = 100_000_000
# Fits into a function's temporary directory (512 MB).
MAX_BYTES = 400 * 1024 * 1024
# The longest side of a WebP (RFC 9649, section 2.4): a long strip becomes narrower than requested.
_LONGEST_SIDE = 16383
_WHITE = [255.0, 255.0, 255.0]
# Measured: docs/renditions.md.
QUALITY: "dict[Format, int]" = {"webp": 80, "jpg": 75}
_CHUNK_BYTES = 1024 * 1024


def _restrict_libvips() -> None:
    pyvips.block_untrusted_set(state=True)
    pyvips.operation_block_set("VipsForeignLoad", state=True)
    for loader in ("Jpeg", "Png", "Webp", "Nsgif"):
        pyvips.operation_block_set(f"VipsForeignLoad{loader}", state=False)
    # No file is loaded twice.
    pyvips.cache_set_max(0)


_restrict_libvips()


@dataclass(frozen=True, slots=True)
class ImageMaker:
    """Makes renditions of images."""

    bucket: "AssetsBucket"

    def __call__(self, original: "Original", rendition: "Rendition") -> bytes:
        """Download, scale and encode the image. Raises UnrenderableError and OriginalGoneError. One call."""
        if original.size_bytes > MAX_BYTES:
            raise UnrenderableError(f"the file is larger than {MAX_BYTES // (1024 * 1024)} MB")
        with tempfile.NamedTemporaryFile() as file:
            self._download(original, file)
            return render(Path(file.name), original.media_type, rendition)

    def _download(self, original: "Original", file: Any) -> None:
        try:
            found = self.bucket.s3.get_object(
                Bucket=self.bucket.name, Key=object_key(original.asset_id, original.visibility)
            )
        except ClientError as error:
            if aws_errors.code(error) in aws_errors.NOT_FOUND:
                raise OriginalGoneError from error
            raise
        for chunk in found["Body"].iter_chunks(_CHUNK_BYTES):
            file.write(chunk)
        file.flush()


def render(path: Path, media_type: "MediaType", rendition: "Rendition") -> bytes:
    """Make the rendition of an image file; the file is modified. Raises UnrenderableError."""
    _cut_to_first_frame(path, media_type)
    try:
        return _render(str(path), media_type, rendition)
    except pyvips.Error as error:
        raise UnrenderableError("the file cannot be decoded") from error


def _cut_to_first_frame(path: Path, media_type: "MediaType") -> None:
    with path.open("r+b") as file:
        with mmap.mmap(file.fileno(), 0) as mapped:
            length = first_frame.cut(mapped, media_type)
        file.truncate(length)


def _render(path: str, media_type: "MediaType", rendition: "Rendition") -> bytes:
    header: Any = pyvips.Image.new_from_file(path, access="sequential")
    if header.width * header.height > MAX_PIXELS:
        raise UnrenderableError(
            f"the image has {header.width} by {header.height} pixels, "
            f"and at most {MAX_PIXELS // 1_000_000} megapixels are decoded"
        )
    width = rendition.width or header.width
    image: Any = pyvips.Image.thumbnail(
        path,
        width,
        height=_LONGEST_SIDE,
        size="down",
        # Browsers ignore the EXIF orientation of a WebP: tests/unit/media/test_inspection.py.
        no_rotate=media_type == WEBP,
        # Without a profile, no conversion is needed, which would be most of the work.
        **({"output_profile": "srgb"} if header.get_typeof("icc-profile-data") else {}),
    )
    return encode(image if image.interpretation == "srgb" else image.colourspace("srgb"), rendition.format)


def encode(image: Any, format_: "Format") -> bytes:
    """Encode an 8-bit sRGB libvips image, without metadata. Raises pyvips.Error."""
    encoded: Any
    match format_:
        case "webp":
            encoded = image.webpsave_buffer(Q=QUALITY["webp"], keep="none")
        case "jpg":
            opaque = image.flatten(background=_WHITE) if image.hasalpha() else image
            encoded = opaque.jpegsave_buffer(Q=QUALITY["jpg"], optimize_coding=True, interlace=True, keep="none")
        case "png":
            encoded = image.pngsave_buffer(keep="none")
    return bytes(encoded)


def pixels(encoded: bytes, longest_side: int) -> tuple[int, int, bytes]:
    """Return width, height and RGBA of a rendition, scaled down to fit. Raises pyvips.Error."""
    image: Any = pyvips.Image.thumbnail_buffer(encoded, longest_side, size="down")
    if not image.hasalpha():
        image = image.addalpha()
    return image.width, image.height, bytes(image.write_to_memory())
