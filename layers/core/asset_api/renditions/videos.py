"""Extraction of one frame of a video by seeking: the first, the last that is shown, or a representative one.

FFmpeg opens only this one file, as MP4 or QuickTime, and only with a few decoders, all of which are fuzzed upstream. A
decoder that crashes ends one invocation. Time, pixels and reads from S3 are limited here.

PyAV is in a layer that only `frames` has.
"""

import statistics
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import av
from av.error import FFmpegError
from av.stream import Discard
from av.video.frame import VideoFrame

from asset_api.renditions.renditions import UnrenderableError

if TYPE_CHECKING:
    from io import RawIOBase

    from asset_api.assets.rendition_names import Frame

# About 50 MB per picture, of which a decoder keeps up to 17.
MAX_PIXELS = 8192 * 4320
# The last frame may depend on every frame since the preceding key frame.
MAX_SECONDS = 18.0
_DECODERS = ("h264", "hevc", "libdav1d", "vp8", "vp9", "mpeg4", "h263", "mpeg2video", "mjpeg", "prores", "dnxhd", "png")
_OPTIONS = {
    "format_whitelist": "mov",
    "codec_whitelist": ",".join(_DECODERS),
    # FFmpeg must not open files that a video refers to. The video itself is read through an object, without a protocol.
    "protocol_whitelist": "none",
    "enable_drefs": "0",
    # The index has the properties that FFmpeg would otherwise find by decoding a second of each track.
    "analyzeduration": "1",
    "fpsprobesize": "0",
    "max_pixels": str(MAX_PIXELS),
}
_BUFFER_BYTES = 64 * 1024
# More than one, because many videos fade in.
_POSTER_PLACES = (0.1, 0.25, 0.5, 0.75)
_MIN_CONTRAST = 8.0
_MAX_POSTER_FRAMES = 300
_SAMPLED_SIDE = 64
# Seconds before the end at which to start decoding if the last key frame yields no picture: a file may be truncated.
_STEPS_BACK = (0.0, 0.5, 4.0, 30.0, 240.0)


class DecodedFrame(NamedTuple):
    """A frame as it was decoded, with the shape of its pixels (width by height)."""

    frame: VideoFrame
    pixel_aspect_ratio: float


def frame(file: "BinaryIO | RawIOBase", which: "Frame") -> DecodedFrame:
    """Extract the first, the last or a representative frame. Raises UnrenderableError, and whatever `file` raises."""
    try:
        with av.open(file, "r", format="mov", options=_OPTIONS, buffer_size=_BUFFER_BYTES) as container:
            video = _Video(container)
            match which:
                case "first":
                    found = video.first()
                case "last":
                    found = video.last()
                case "poster":
                    found = video.poster()
            ratio = video.pixel_aspect_ratio
    except (FFmpegError, UnicodeDecodeError) as error:
        # PyAV before 19, which needs Python 3.12, requires names and titles to be UTF-8.
        raise UnrenderableError("the video cannot be decoded") from error
    if found is None:
        raise UnrenderableError("the video has no frame that can be decoded")
    return DecodedFrame(found, ratio)


class _Video:
    """The first video track of an open file."""

    def __init__(self, container: Any) -> None:
        self._container = container
        if not container.streams.video:
            raise UnrenderableError("the file has no video")
        self._stream: Any = container.streams.video[0]
        for stream in container.streams:
            if stream is not self._stream:
                stream.discard = Discard.all
        self._set_up_decoder()
        self._ends_at = time.monotonic() + MAX_SECONDS

    def _set_up_decoder(self) -> None:
        context = self._stream.codec_context
        if context is None or context.codec.name not in _DECODERS:
            name = context.name if context else "an unknown codec"
            raise UnrenderableError(f"{name} is not supported")
        if context.width * context.height > MAX_PIXELS:
            raise UnrenderableError(
                f"the video has {context.width} by {context.height} pixels, and at most "
                f"{MAX_PIXELS // 1_000_000} megapixels are decoded"
            )
        # For the decoder too, because the size may change within the stream.
        context.options = {"max_pixels": str(MAX_PIXELS)}
        context.thread_type = "AUTO"

    @property
    def pixel_aspect_ratio(self) -> float:
        ratio = self._stream.sample_aspect_ratio
        return float(ratio) if ratio else 1.0

    def first(self) -> VideoFrame | None:
        return next(self._frames(), None)

    def last(self) -> VideoFrame | None:
        for seconds in _STEPS_BACK:
            if not self._seek(self._end - seconds):
                break
            if (found := _last_shown(self._frames())) is not None:
                return found
        self._seek(self._start)
        return _last_shown(self._frames())

    def poster(self) -> VideoFrame | None:
        """Seek to a tenth of the video, then to a few later places; return the first key frame of several colors.

        If none of them has several colors, return the first frame that does.
        """
        key_frame = None
        for place in _POSTER_PLACES:
            self._seek(self._start + place * (self._end - self._start))
            found = next(self._frames(), None)
            if found is not None and _contrast(found) >= _MIN_CONTRAST:
                return found
            key_frame = key_frame or found
        self._seek(self._start)
        frames = islice(self._frames(), _MAX_POSTER_FRAMES)
        return next((each for each in frames if _contrast(each) >= _MIN_CONTRAST), key_frame)

    @property
    def _time_base(self) -> float:
        return float(self._stream.time_base)

    @property
    def _start(self) -> float:
        start: int = self._stream.start_time or 0
        return start * self._time_base

    @property
    def _end(self) -> float:
        duration: int = self._stream.duration or 0
        return self._start + duration * self._time_base

    def _seek(self, seconds: float) -> bool:
        """Seek to the last key frame that is not after this time; return False if there is none."""
        try:
            self._container.seek(round(seconds / self._time_base), stream=self._stream, backward=True)
        except FFmpegError:
            return False
        return True

    def _frames(self) -> Iterator[VideoFrame]:
        """Yield the following frames in the order in which they are shown, skipping damaged packets."""
        for packet in self._container.demux(self._stream):
            if time.monotonic() > self._ends_at:
                raise UnrenderableError(f"decoding takes more than {MAX_SECONDS:.0f} seconds")
            try:
                frames = packet.decode()
            except (FFmpegError, ValueError):  # PyAV raises ValueError if a track's codec becomes unknown
                continue
            for decoded in frames:
                if decoded.width * decoded.height > MAX_PIXELS:
                    raise UnrenderableError("the video's frames are too large")
                yield decoded


def _last_shown(frames: Iterable[VideoFrame]) -> VideoFrame | None:
    last = None
    for decoded in frames:
        if last is None or decoded.pts is None or last.pts is None or decoded.pts >= last.pts:
            last = decoded
    return last


def _contrast(decoded: VideoFrame) -> float:
    """The standard deviation of brightness, computed from a small copy."""
    small = decoded.reformat(_SAMPLED_SIDE, _SAMPLED_SIDE, "gray")
    plane = small.planes[0]
    data, line = bytes(plane), plane.line_size
    levels = [level for row in range(_SAMPLED_SIDE) for level in islice(data, row * line, row * line + _SAMPLED_SIDE)]
    return statistics.pstdev(levels)
