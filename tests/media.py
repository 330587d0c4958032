"""Real sample files, made in memory at test time: the same bytes at every call of a process.

Pillow makes the images, and PyAV (FFmpeg's muxers) the videos. Files that FFmpeg does not write (QuickTime
without a `ftyp` box), or writes only to a disk (the index in front), are rearranged from others.
"""

import functools
import io
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import cast

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image, ImageDraw

Encoder = Callable[[], bytes]

FRAMES_PER_SECOND = 10


def picture(width: int, height: int, mode: str = "RGB", phase: int = 0) -> Image.Image:
    """A gradient with a bar that moves with `phase`, so that frames differ and lossy encoders have work."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    left = (phase * 7) % width
    ImageDraw.Draw(image).rectangle((left, 0, left + width // 8, height), fill=(200, 40, 40))
    return image.convert(mode)


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    """`image` as a file of Pillow's `image_format`; `options` are that writer's."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


@functools.cache
def jpeg(width: int = 64, height: int = 48, *, exif: bool = False, progressive: bool = False) -> bytes:
    """A JPEG; with `exif`, one that carries a GPS position, a camera's name and an orientation."""
    if not exif:
        return encoded(picture(width, height), "JPEG", progressive=progressive)
    tags = Image.Exif()
    tags[0x010F] = "Camera Maker"  # Make
    tags[0x0112] = 6  # Orientation: turn by 90 degrees to show
    position = tags.get_ifd(0x8825)  # GPS
    position.update({1: "N", 2: (48.0, 51.0, 29.6), 3: "E", 4: (2.0, 17.0, 40.2)})
    return encoded(picture(width, height), "JPEG", progressive=progressive, exif=tags)


@functools.cache
def png(width: int = 64, height: int = 48) -> bytes:
    return encoded(picture(width, height), "PNG")


@functools.cache
def gif(width: int = 64, height: int = 48, frames: int = 3) -> bytes:
    """A GIF89a, animated where `frames` is more than one."""
    first, *others = (picture(width, height, "P", phase) for phase in range(frames))
    return encoded(first, "GIF", save_all=bool(others), append_images=others, duration=100, loop=0)


@functools.cache
def webp(width: int = 64, height: int = 48, *, lossless: bool = False, frames: int = 1) -> bytes:
    """A WebP: lossy (`VP8 `), lossless (`VP8L`), or extended (`VP8X`) where `frames` is more than one."""
    first, *others = (picture(width, height, phase=phase) for phase in range(frames))
    return encoded(first, "WEBP", lossless=lossless, save_all=bool(others), append_images=others, duration=100)


@functools.cache
def video(container: str, codec: str = "mpeg4", *, seconds: float = 1, flags: str = "", brand: str = "") -> bytes:
    """A silent 64x48 video from FFmpeg's muxer `container`.

    `flags` are the MP4 muxer's `movflags`; `brand` is the major brand it writes.
    """
    options = {name: value for name, value in (("movflags", flags), ("brand", brand)) if value}
    # With bitexact, FFmpeg writes no creation time and no version: the same bytes on every machine.
    options["fflags"] = "+bitexact"
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options) as output:
        stream = cast(VideoStream, output.add_stream(codec, rate=FRAMES_PER_SECOND))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = Fraction(1, FRAMES_PER_SECOND)
        for number in range(round(seconds * FRAMES_PER_SECOND)):
            frame = av.VideoFrame(64, 48, "rgb24")
            frame.planes[0].update(picture(64, 48, phase=number).tobytes())
            frame.pts = number
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


@functools.cache
def audio(container: str, codec: str = "aac") -> bytes:
    """A tenth of a second of silence from FFmpeg's muxer `container`."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options={"fflags": "+bitexact"}) as output:
        stream = cast(AudioStream, output.add_stream(codec, rate=8000))
        stream.layout = "mono"
        silence = av.AudioFrame(format=stream.format.name, layout="mono", samples=stream.frame_size or 800)
        silence.sample_rate = 8000
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        output.mux(stream.encode(silence))
        output.mux(stream.encode())
    return buffer.getvalue()


def mp4(seconds: float = 1) -> bytes:
    """An MP4 of major brand `isom`: `ftyp`, `free`, `mdat`, and the index, `moov`, at its end."""
    return video("mp4", seconds=seconds)


def mov() -> bytes:
    """A QuickTime file of major brand `qt  `, laid out as cameras write it: the index at its end."""
    return video("mov")


def box(kind: bytes, payload: bytes = b"") -> bytes:
    """An ISO base media file format box (ISO/IEC 14496-12, section 4.2), or QuickTime atom."""
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def boxes(movie: bytes) -> list[bytes]:
    """The top-level boxes of an MP4 or QuickTime file whose sizes are all 32 bits."""
    found, offset = [], 0
    while offset < len(movie):
        (size,) = struct.unpack_from(">I", movie, offset)
        found.append(movie[offset : offset + size])
        offset += size
    return found


@functools.cache
def legacy_quicktime() -> bytes:
    """A QuickTime file from before the `ftyp` box of 2004: it begins with a `wide` atom and `mdat`."""
    ftyp, *others = boxes(mov())
    # As many bytes as the box they replace: the index's chunk offsets stay true.
    return b"".join((box(b"wide"), box(b"free", bytes(len(ftyp) - 16)), *others))


@functools.cache
def index_first(movie: bytes) -> bytes:
    """`movie` with its `moov` box before its `mdat` box, as players over HTTP prefer ("fast start")."""
    parts = boxes(movie)
    moov = bytearray(next(part for part in parts if part[4:8] == b"moov"))
    table = moov.index(b"stco") + 8  # past the type, version and flags (ISO/IEC 14496-12, section 8.7.5)
    (count,) = struct.unpack_from(">I", moov, table)
    offsets = struct.unpack_from(f">{count}I", moov, table + 4)
    struct.pack_into(f">{count}I", moov, table + 4, *(offset + len(moov) for offset in offsets))
    others = [part for part in parts if part[4:8] != b"moov"]
    place = next(place for place, part in enumerate(others) if part[4:8] == b"mdat")
    return b"".join((*others[:place], moov, *others[place:]))


def grown(movie: bytes, more: int) -> bytes:
    """`movie` of one track, with `more` zeros in its last sample: a large file at the cost of one allocation."""
    parts = boxes(movie)
    place = next(place for place, part in enumerate(parts) if part[4:8] == b"mdat")
    data = parts[place]
    others = [bytearray(part) for part in parts]
    moov = next(part for part in others if part[4:8] == b"moov")
    table = moov.index(b"stsz") + 12  # past the type, version, flags and the size of all (section 8.7.3)
    (count,) = struct.unpack_from(">I", moov, table)
    (last,) = struct.unpack_from(">I", moov, table + 4 * count)
    struct.pack_into(">I", moov, table + 4 * count, last + more)
    before, after = b"".join(others[:place]), b"".join(others[place + 1 :])
    header = struct.pack(">I4s", len(data) + more, b"mdat")
    return b"".join((before, header, data[8:], bytes(more), after))


def padded_mp4(size_bytes: int) -> bytes:
    """`mp4()` grown to exactly `size_bytes`, with its index first.

    Raises ValueError if the size leaves no room for the MP4 itself.
    """
    whole = index_first(mp4())
    if size_bytes < len(whole):
        raise ValueError(f"an MP4 padded to {size_bytes} bytes: the least is {len(whole)}")
    return grown(whole, size_bytes - len(whole))


# One real file for every extension the API takes.
SAMPLES: dict[str, Encoder] = {
    "jpg": jpeg,
    "jpeg": functools.partial(jpeg, exif=True),
    "png": png,
    "gif": gif,
    "webp": webp,
    "mp4": mp4,
    "mov": mov,
}
