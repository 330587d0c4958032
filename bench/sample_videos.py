"""MP4 files of an exact size."""

import tempfile

import av
from PIL import Image

_SIZE = (64, 48)
_RATE = 10


def mp4(size_bytes: int) -> bytes:
    """Make an MP4 of exactly `size_bytes`, with its index first and nearly all bytes in its last sample."""
    overhead = len(_mp4(size_bytes)) - size_bytes  # slightly more in larger files, so measure it at this size
    movie = _mp4(size_bytes - overhead)
    if len(movie) != size_bytes:
        raise ValueError(f"no MP4 has exactly {size_bytes} bytes")
    return movie


def _mp4(last_sample_bytes: int) -> bytes:
    # FFmpeg can move the index only in a file that it can reopen.
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        _write(file.name, last_sample_bytes)
        return file.read()


def _write(path: str, last_sample_bytes: int) -> None:
    with av.open(path, "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as output:
        stream = output.add_stream("mpeg4", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = *_SIZE, "yuv420p"
        frame = av.VideoFrame(*_SIZE, "rgb24")
        frame.planes[0].update(Image.linear_gradient("L").resize(_SIZE).convert("RGB").tobytes())
        frame.pts = 0
        output.mux([*stream.encode(frame), *stream.encode()])
        last = av.Packet(bytes(last_sample_bytes))
        last.stream, last.time_base = stream, stream.time_base
        last.pts = last.dts = round(1 / (_RATE * stream.time_base))
        output.mux(last)
