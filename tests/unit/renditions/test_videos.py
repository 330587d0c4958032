"""The first and last displayed frame, compared with a full decode of the video."""

import io
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import av
import pytest
from av.video.frame import PictureType

from asset_api.renditions import videos
from asset_api.renditions.renditions import UnrenderableError
from tests import machine, media
from tests.videos import every_frame, luma, video

X264 = (("preset", "veryfast"),)
LAYOUTS: dict[str, Callable[[], bytes]] = {
    "H.264 with frames out of order": partial(video, codec_options=(*X264, ("bf", "3"), ("g", "20"))),
    "H.264 with open groups": partial(
        video, codec_options=(*X264, ("bf", "3"), ("g", "20"), ("x264-params", "open-gop=1"))
    ),
    "one group": partial(video, codec_options=(*X264, ("bf", "2"), ("g", "999"))),
    "key frames only": partial(video, codec_options=(*X264, ("g", "1"))),
    "one frame": partial(video, frames=1),
    "two frames": partial(video, frames=2),
    "a refresh in place of key frames": partial(
        video, codec_options=(*X264, ("x264-params", "intra-refresh=1:keyint=20"))
    ),
    "the index in front": lambda: media.index_first(video()),
    "fragments": partial(video, flags="frag_keyframe+empty_moov", codec_options=(*X264, ("g", "10"))),
    "a fragment for every frame": partial(video, flags="frag_every_frame+empty_moov+default_base_moof"),
    "a late start": partial(video, first_pts=40, codec_options=(*X264, ("bf", "2"))),
    "HEVC": partial(video, "libx265", codec_options=(("x265-params", "log-level=error:keyint=20:open-gop=1"),)),
    "ten bits": partial(video, "libx265", pixels="yuv420p10le", codec_options=(("x265-params", "log-level=error"),)),
    "AV1": partial(video, "libsvtav1", codec_options=(("preset", "12"), ("g", "30"), ("svtav1-params", "lp=1"))),
    "VP9 with hidden frames": partial(
        video, "libvpx-vp9", codec_options=(("g", "30"), ("auto-alt-ref", "1"), ("b", "200k"))
    ),
    "MPEG-4 with frames out of order": partial(video, "mpeg4", codec_options=(("bf", "2"), ("g", "20"))),
    "MPEG-2": partial(video, "mpeg2video", codec_options=(("bf", "2"), ("g", "12"))),
    "H.263": partial(video, "h263", size=(176, 144), container="mov"),
    "Motion JPEG": partial(video, "mjpeg", pixels="yuvj420p", container="mov"),
    "ProRes": partial(video, "prores_ks", pixels="yuv422p10le", container="mov"),
    "PNG": partial(video, "png", pixels="rgb24", container="mov"),
}


def trimmed(data: bytes, start: int, length: int) -> bytes:
    """Add an edit list that shows `length` milliseconds of the video, from `start` units of its track."""
    changed = bytearray(data)
    at = data.index(b"elst") + 4
    struct.pack_into(">II", changed, at + 8, length, start)
    return bytes(changed)


@pytest.mark.parametrize("name", LAYOUTS)
def test_frames_match_a_full_decode(name: str) -> None:
    frames = every_frame(LAYOUTS[name]())
    first, last = (videos.frame(io.BytesIO(LAYOUTS[name]()), which).frame for which in ("first", "last"))
    assert luma(first) == luma(frames[0])
    assert luma(last) == luma(frames[-1])
    assert len(frames) == 1 or luma(first) != luma(last)


@pytest.mark.parametrize(("start", "length"), [(0, 1000), (12800 // 2, 1200), (12800, 400), (12800 * 2, 60)])
def test_frames_respect_edit_lists(start: int, length: int) -> None:
    data = trimmed(LAYOUTS["H.264 with frames out of order"](), start, length)
    frames = every_frame(data)
    assert 0 < len(frames) < 60
    assert luma(videos.frame(io.BytesIO(data), "first").frame) == luma(frames[0])
    assert luma(videos.frame(io.BytesIO(data), "last").frame) == luma(frames[-1])


def test_the_last_frame_of_a_truncated_video_is_the_last_decodable_one() -> None:
    data = media.index_first(LAYOUTS["key frames only"]())
    found = videos.frame(io.BytesIO(data[: len(data) // 2]), "last").frame
    assert luma(found) in [luma(frame) for frame in every_frame(LAYOUTS["key frames only"]())[20:40]]


def test_a_handler_name_in_another_encoding_is_ignored() -> None:
    data = video()
    assert b"VideoHandler" in data
    renamed = data.replace(b"VideoHandler", b"V\xeddeoHandler")
    if int(av.__version__.partition(".")[0]) < 19:  # the last major version for Python 3.11
        assert reason(renamed) == "the video cannot be decoded"
    else:
        expected = videos.frame(io.BytesIO(data), "last").frame
        assert luma(videos.frame(io.BytesIO(renamed), "last").frame) == luma(expected)


def test_a_poster_is_a_key_frame_near_a_tenth() -> None:
    data = LAYOUTS["key frames only"]()
    assert luma(videos.frame(io.BytesIO(data), "poster").frame) == luma(every_frame(data)[6])


def faded_in(black: int, after: int, group: str) -> bytes:
    """Make a video that begins black."""
    frames = [*every_frame(video(frames=black, repeated="black")), *every_frame(video(frames=after))]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream: Any = output.add_stream("libx264", rate=25, options={"g": group})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number, frame in enumerate(frames):
            frame.pts, frame.pict_type = number, PictureType.NONE
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return buffer.getvalue()


@pytest.mark.parametrize("group", ["1", "999"], ids=["key frames", "one group"])
def test_a_video_that_fades_in_has_a_visible_poster(group: str) -> None:
    found = videos.frame(io.BytesIO(faded_in(20, 30, group)), "poster").frame
    assert max(luma(found)) > 100


def test_a_video_of_one_color_has_a_poster_of_that_color() -> None:
    found = videos.frame(io.BytesIO(video(repeated="navy")), "poster").frame
    assert (found.width, found.height) == (128, 96)


def reason(data: bytes) -> str:
    reasons = set()
    for which in ("first", "last", "poster"):
        with pytest.raises(UnrenderableError) as refused:
            videos.frame(io.BytesIO(data), which)
        reasons.add(refused.value.reason)
    (only,) = reasons
    return only


def lying(data: bytes, table: bytes, fields: bytes) -> bytes:
    """Overwrite values at the beginning of one of the video's tables."""
    at = data.index(table) + 8
    return data[:at] + fields + data[at + len(fields) :]


def test_a_missing_frame_has_a_reason() -> None:
    assert reason(media.audio("mp4")) == "the file has no video"
    assert reason(video("qtrle", pixels="rgb24", container="mov")) == "qtrle is not supported"
    assert reason(b"") == reason(b"\0" * 5000) == reason(media.png()) == "the video cannot be decoded"
    assert reason(media.mp4()[:200]) == "the video cannot be decoded"


def test_refuses_large_pictures_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    one = video("mjpeg", frames=1, pixels="yuvj420p", container="mov")
    start = one.index(b"\xff\xc0") + 5
    falsified = one[:start] + struct.pack(">HH", 65000, 65000) + one[start + 4 :]
    assert reason(falsified) == "the video has no frame that can be decoded"
    monkeypatch.setattr(videos, "MAX_PIXELS", 10_000)
    assert reason(one).startswith("the video has 128 by 96 pixels")


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        (b"stsz", struct.pack(">II", 0, 0)),
        (b"stsz", struct.pack(">II", 0x7FFFFFFF, 10)),
        (b"stsz", struct.pack(">II", 0, 0xFFFFFFFF)),
        (b"stts", struct.pack(">III", 1, 0xFFFFFFFF, 1)),
        (b"stts", struct.pack(">III", 1, 60, 0xFFFFFFFF)),
        (b"stsc", struct.pack(">IIII", 1, 1, 0xFFFFFFFF, 1)),
        (b"stco", struct.pack(">II", 1, 0xFFFFFF00)),
        (b"stss", struct.pack(">II", 1, 59)),
        (b"stsd", struct.pack(">I", 0)),
    ],
)
def test_a_false_index_fails_quickly_with_a_reason(table: bytes, fields: bytes) -> None:
    started = time.process_time()
    for which in ("first", "last", "poster"):
        try:
            videos.frame(io.BytesIO(lying(LAYOUTS["one group"](), table, fields)), which)
        except UnrenderableError:
            continue
    assert time.process_time() - started < 5 * machine.slowness()


def test_stops_when_decoding_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos, "MAX_SECONDS", -1.0)
    assert reason(LAYOUTS["one group"]()) == "decoding takes more than -1 seconds"
