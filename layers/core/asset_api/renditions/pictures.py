"""Conversion of a decoded frame to the picture that a player shows: in sRGB, with square pixels, and rotated.

Color properties are numbered as in ITU-T H.273 and FFmpeg.
"""

import struct
from typing import TYPE_CHECKING, Any

import pyvips
from av.error import FFmpegError
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation

from asset_api.renditions import tone_mapping
from asset_api.renditions.renditions import UnrenderableError
from asset_api.renditions.videos import MAX_PIXELS

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

    from asset_api.renditions.videos import DecodedFrame


# Matrix coefficients.
_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
# Chromium's defaults for unstated properties: `AVStreamToVideoDecoderConfig` in media/ffmpeg/ffmpeg_common.cc.
_MIN_HD_HEIGHT = 720
_WIDE_GAMUTS = (9, 11, 12)  # BT.2020, DCI-P3, Display P3
_HDR = (tone_mapping.PQ, tone_mapping.HLG)
_FULL_RANGE = 2
_BYTES = {"uchar": 1, "ushort": 2}
# Interpolate chroma, as players do; the default takes the nearest sample.
_QUALITY = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND


def picture(decoded: "DecodedFrame") -> Any:
    """Return the frame as an 8-bit sRGB libvips image. Raises UnrenderableError for an unreasonable shape."""
    frame = decoded.frame
    width, height = _square(frame.width, frame.height, decoded.pixel_aspect_ratio)
    if width * height > MAX_PIXELS:
        raise UnrenderableError(f"the video would be shown with {width} by {height} pixels")
    try:
        image = _to_srgb(frame)
    except FFmpegError as error:
        raise UnrenderableError(f"the video's colors ({frame.format.name}) cannot be converted") from error
    if (width, height) != (frame.width, frame.height):
        image = image.resize(width / frame.width, vscale=height / frame.height)
    return _turned(image, _matrix(frame))


def _to_srgb(frame: "VideoFrame") -> Any:
    options: dict[str, Any] = {"dst_color_range": ColorRange.JPEG, "interpolation": _QUALITY}
    if "rgb" not in frame.format.name and "gbr" not in frame.format.name:
        is_full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
        default = Colorspace.ITU709 if frame.height >= _MIN_HD_HEIGHT else Colorspace.ITU601
        options["src_colorspace"] = _MATRICES.get(frame.colorspace, default)
        options["src_color_range"] = ColorRange.JPEG if is_full else ColorRange.MPEG
    if (transfer := frame.color_trc) in _HDR:
        return tone_mapping.to_srgb(_to_vips(frame.reformat(format="rgb48le", **options), "ushort"), transfer)
    if frame.color_primaries in _WIDE_GAMUTS:
        # Players treat all other transfer curves as sRGB's.
        frame.color_trc = ColorTrc.IEC61966_2_1
        options["dst_color_trc"] = ColorTrc.IEC61966_2_1
        options["dst_color_primaries"] = ColorPrimaries.BT709
    return _to_vips(frame.reformat(format="rgb24", **options), "uchar").copy(interpretation="srgb")


def _to_vips(rgb: "VideoFrame", band_format: str) -> Any:
    plane, wanted = rgb.planes[0], 3 * rgb.width * _BYTES[band_format]
    data = memoryview(plane)
    if plane.line_size != wanted:
        lines = (data[start : start + wanted] for start in range(0, rgb.height * plane.line_size, plane.line_size))
        data = memoryview(b"".join(lines))
    return pyvips.Image.new_from_memory(data, rgb.width, rgb.height, 3, band_format)


def _square(width: int, height: int, ratio: float) -> tuple[int, int]:
    """Return the size with square pixels. One side is enlarged, as for a video's "natural dimensions" in HTML."""
    return (round(width * ratio), height) if ratio >= 1 else (width, max(1, round(height / ratio)))


def _matrix(frame: "VideoFrame") -> tuple[int, int, int, int]:
    """Return the linear part of the display matrix: where one pixel to the right, and one pixel down, are mapped."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 1, 0, 0, 1
    right_right, right_down, _, down_right, down_down, *_ = struct.unpack("=9i", bytes(data))
    return right_right, right_down, down_right, down_down


def _turned(image: Any, matrix: tuple[int, int, int, int]) -> Any:
    """Rotate by quarter turns and mirror. As in browsers, any other angle leaves the picture upright."""
    right_right, right_down, down_right, down_down = matrix
    if right_right == down_down == 0 and right_down and down_right:
        image = image.rot("d90").flip("horizontal")  # now rows are columns
        right_right, down_down = down_right, right_down
    elif right_down or down_right:
        return image
    if right_right < 0:
        image = image.flip("horizontal")
    return image.flip("vertical") if down_down < 0 else image
