"""The stand-in's model: a pan and zoom over an image, or a title card, with the prompt as caption, in H.264."""

import io
import textwrap
import warnings
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from stand_ins.replicate.inputs import InputError

FRAMES_PER_SECOND = 24
SECONDS = 2.5

_LONG_EDGE, _SHORT_EDGE = 960, 540
_WIDEST = 21 / 9
# The share of the picture that the last frame crops, and the share by which its center moves.
_ZOOM, _PAN = 0.22, 0.08
_CAPTION_LINES = 3
_CARD_COLORS = ((24, 32, 58), (96, 60, 120))
# libx264 settings that favor speed over size.
_ENCODER = {"preset": "ultrafast", "crf": "26"}

Box = tuple[float, float, float, float]


def render(image: bytes | None, prompt: str, path: Path, seconds: float = SECONDS) -> None:
    """Write an MP4 of `image`, or of a title card if it is None, to `path`: 24 frames a second, index first.

    At most 960x540 or 540x960, with even sides, yuv420p. Blocks for about a second. Raises InputError if `image` is
    not an image.
    """
    picture = _title_card() if image is None else _decoded(image)
    size = video_size(*picture.size)
    picture = ImageOps.fit(picture, size, Image.Resampling.BILINEAR)
    caption = _caption(prompt, size, centered=image is None)
    # Write to a file, because FFmpeg reads it again to move the index to the front.
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_ENCODER)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = Fraction(1, FRAMES_PER_SECOND)
        count = round(seconds * FRAMES_PER_SECOND)
        for number in range(count):
            shown = picture.resize(size, Image.Resampling.BILINEAR, box=_view(size, number / max(count - 1, 1)))
            shown.paste(caption, mask=caption)
            frame = av.VideoFrame.from_bytes(shown.convert("RGBA").tobytes(), *size, "rgba")
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def video_size(width: int, height: int) -> tuple[int, int]:
    """Return the video size for a picture: 540p, even sides, and its aspect ratio within usual bounds."""
    aspect = min(max(width / height, 1 / _WIDEST), _WIDEST)
    across, down = (_LONG_EDGE, _SHORT_EDGE) if aspect >= 1 else (_SHORT_EDGE, _LONG_EDGE)
    return _even(min(across, down * aspect)), _even(min(down, across / aspect))


def _even(length: float) -> int:
    return int(length / 2) * 2


def _decoded(image: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(image)) as opened:
                return ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(f"The input file is not a readable image: {error}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError("The input image has too many pixels") from error


def _view(size: tuple[int, int], progress: float) -> Box:
    """Return the visible part of the picture at `progress` from 0 to 1, easing in and out."""
    eased = progress * progress * (3 - 2 * progress)
    width, height = size
    share = 1 - _ZOOM * eased
    left = width * ((1 - share) / 2 + _PAN * eased)
    top = height * (1 - share) / 2
    return left, top, left + width * share, top + height * share


def _title_card() -> Image.Image:
    first, last = (Image.new("RGB", (_LONG_EDGE, _SHORT_EDGE), color) for color in _CARD_COLORS)
    return Image.composite(last, first, Image.linear_gradient("L").resize(first.size))


def _caption(prompt: str, size: tuple[int, int], *, centered: bool) -> Image.Image:
    """Draw the prompt in white: on a shaded bar at the bottom, or in the middle of a title card."""
    layer = Image.new("RGBA", size)
    draw = ImageDraw.Draw(layer)
    width, height = size
    points = max(min(size) // (12 if centered else 22), 6)
    font = _font(points)
    line_height = round(points * 1.4)
    lines = textwrap.wrap(
        prompt, max(round(width * 0.9 / (points * 0.55)), 8), max_lines=_CAPTION_LINES, placeholder=" …"
    )
    top = (height - line_height * len(lines)) // 2 if centered else height - line_height * len(lines) - points // 2
    if lines and not centered:
        draw.rectangle((0, top - points // 2, width, height), fill=(0, 0, 0, 150))
    for number, line in enumerate(lines):
        draw.text((width / 2, top + line_height * number), line, fill="white", font=font, anchor="ma")
    return layer


def _font(points: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    try:
        return ImageFont.truetype("DejaVuSans.ttf", points)  # covers more scripts than Pillow's default font
    except OSError:
        return ImageFont.load_default(points)
