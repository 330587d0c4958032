"""A small real file of each type, without metadata, so that publishing must not change a byte."""

import io
from fractions import Fraction

import av
from PIL import Image

_FRAMES, _FRAMES_A_SECOND = 10, 10
_SIZE = (64, 48)


def all_types() -> dict[str, tuple[str, bytes]]:
    """Map file names to content types and bytes."""
    return {
        "smoke.jpg": ("image/jpeg", _image("JPEG")),
        "smoke.png": ("image/png", _image("PNG")),
        "smoke.gif": ("image/gif", _image("GIF")),
        "smoke.webp": ("image/webp", _image("WEBP")),
        "smoke.mp4": ("video/mp4", _video("mp4")),
        "smoke.mov": ("video/quicktime", _video("mov")),
    }


def _picture(phase: int = 0) -> Image.Image:
    gradient = Image.linear_gradient("L").resize(_SIZE).convert("RGB")
    gradient.paste((200, 40, 40), (phase * 6, 0, phase * 6 + 8, _SIZE[1]))
    return gradient


def _image(image_format: str) -> bytes:
    buffer = io.BytesIO()
    _picture().save(buffer, image_format)
    return buffer.getvalue()


def _video(container: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as output:
        stream = output.add_stream("mpeg4", rate=_FRAMES_A_SECOND)
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuv420p"
        stream.time_base = Fraction(1, _FRAMES_A_SECOND)
        for number in range(_FRAMES):
            frame = av.VideoFrame(*_SIZE, "rgb24")
            frame.planes[0].update(_picture(number).tobytes())
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()
