"""Videos with distinct frames in many codecs and containers, and their frames as FFmpeg decodes them in order."""

import functools
import io
from fractions import Fraction
from typing import Any

import av
from av.video.frame import VideoFrame

from tests.media import picture

RATE = 25


@functools.cache
def video(
    codec: str = "libx264",
    frames: int = 60,
    *,
    container: str = "mp4",
    size: tuple[int, int] = (128, 96),
    pixels: str = "yuv420p",
    flags: str = "",
    codec_options: tuple[tuple[str, str], ...] = (),
    first_pts: int = 0,
    repeated: str = "",
    color: tuple[tuple[str, int], ...] = (),
) -> bytes:
    """Make a video of a moving bar; with `repeated`, every frame has this one color."""
    options = {"movflags": flags, "fflags": "+bitexact"} if flags else {"fflags": "+bitexact"}
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options) as output:
        stream: Any = output.add_stream(codec, rate=RATE, options=dict(codec_options))
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.time_base = Fraction(1, RATE)
        for name, value in color:
            setattr(stream.codec_context, name, value)
        for number in range(frames):
            image = picture(*size, phase=number)
            if repeated:
                image.paste(repeated, (0, 0, *size))
            frame = VideoFrame(*size, "rgb24")
            frame.planes[0].update(image.tobytes())
            frame.pts = first_pts + number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


def every_frame(data: bytes) -> list[VideoFrame]:
    """Decode every displayed frame in order."""
    with av.open(io.BytesIO(data), "r") as file:
        return list(file.decode(video=0))


def luma(frame: VideoFrame) -> bytes:
    """Return the first plane of a frame, without padding."""
    plane = frame.planes[0]
    data, length = bytes(plane), plane.width * (2 if frame.format.components[0].bits > 8 else 1)
    if frame.format.name == "rgb24":
        length *= 3
    return b"".join(data[row * plane.line_size : row * plane.line_size + length] for row in range(plane.height))
