"""Facts of a video, compared with those that FFmpeg reads from the same files."""

import io
import struct
import zlib
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.media import video_facts
from asset_api.media.inspection import detect_file
from asset_api.media.reader import InMemory, Reader
from asset_api.media.video_facts import VideoFacts
from tests import media
from tests.media import box
from tests.unit.media.movie_parts import full, numbers

PIXELS = {"prores_ks": "yuv422p10le", "mjpeg": "yuvj420p", "qtrle": "rgb24", "png": "rgb24"}
FRAGMENTS = "frag_every_frame+empty_moov"


def facts_of(data: bytes) -> VideoFacts:
    return video_facts.read(Reader(InMemory(data), len(data)))


def ffmpeg_facts(data: bytes) -> VideoFacts:
    with av.open(io.BytesIO(data), "r") as file:
        video: Any = file.streams.video[0]
        sound: Any = next(iter(file.streams.audio), None)
        name = sound and sound.codec_context.name
        return VideoFacts(
            duration_seconds=round((file.duration or 0) / 1e6, 3),
            frames_per_second=round(float(video.average_rate), 3),
            video_codec={"libdav1d": "av1"}.get(video.codec_context.name, video.codec_context.name),
            audio_codec="pcm" if name and name.startswith("pcm_s") else name,
        )


def with_sound(container: str, video_codec: str, audio_codec: str, **options: str) -> bytes:
    """Make a second of video at 25 frames per second, with a second of silence."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options={"strict": "-2", **options}) as output:
        pictures: Any = output.add_stream(video_codec, rate=25)
        pictures.width, pictures.height = 176, 144
        pictures.pix_fmt = PIXELS.get(video_codec, "yuv420p")
        sound: Any = output.add_stream(audio_codec, rate=48000)
        sound.layout = "mono"
        for _ in range(25):
            frame = av.VideoFrame(176, 144, pictures.pix_fmt)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            output.mux(pictures.encode(frame))
        output.mux(pictures.encode())
        length = sound.frame_size or 960
        for number in range(48000 // length):
            silence = av.AudioFrame(format=sound.format.name, layout="mono", samples=length)
            silence.sample_rate, silence.pts = 48000, number * length
            for samples in silence.planes:
                samples.update(bytes(samples.buffer_size))
            output.mux(sound.encode(silence))
        output.mux(sound.encode())
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("container", "video_codec", "audio_codec"),
    [
        ("mp4", "libx264", "aac"),
        ("mp4", "libx265", "ac3"),
        ("mp4", "mpeg4", "eac3"),
        ("mp4", "libvpx-vp9", "libopus"),
        ("mp4", "mpeg2video", "libmp3lame"),
        ("mp4", "mjpeg", "flac"),
        ("mov", "mjpeg", "pcm_s16le"),
        ("mov", "prores_ks", "pcm_s24le"),
        ("mov", "qtrle", "alac"),
        ("mov", "png", "pcm_mulaw"),
        ("mov", "h263", "aac"),
    ],
)
def test_facts_match_ffmpegs(container: str, video_codec: str, audio_codec: str) -> None:
    data = with_sound(container, video_codec, audio_codec)
    expected = ffmpeg_facts(data)
    if audio_codec == "libmp3lame":
        assert expected.audio_codec in ("mp3", "mp3float")
        expected = expected._replace(audio_codec="mp3")
    found = facts_of(data)
    assert found.duration_seconds == pytest.approx(expected.duration_seconds, abs=0.002)
    assert found._replace(duration_seconds=None) == expected._replace(duration_seconds=None)


def compressed_index() -> bytes:
    movie = media.mov()
    start = movie.rindex(b"moov") - 4
    payload = box(b"cmvd", numbers(len(movie) - start) + zlib.compress(movie[start:]))
    return movie[:start] + box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + payload))


@pytest.mark.parametrize(
    "data",
    [
        media.mp4(),
        media.index_first(media.mp4()),
        media.video("mp4", flags="frag_keyframe"),
        media.video("mp4", flags=FRAGMENTS),
        media.video("mp4", flags=f"{FRAGMENTS}+default_base_moof"),
        media.video("mp4", flags=f"{FRAGMENTS}+omit_tfhd_offset"),
        media.video("mp4", flags="dash"),
        media.legacy_quicktime(),
        compressed_index(),
    ],
    ids=["behind", "in front", "fragments", "empty", "default base", "no offset", "dash", "without ftyp", "compressed"],
)
def test_finds_the_index_anywhere(data: bytes) -> None:
    assert facts_of(data) == VideoFacts(1.0, 10.0, "mpeg4", None)
    found = detect_file(Reader(InMemory(data), len(data)))
    assert found is not None
    assert found.size == (64, 48)


def test_adds_fragments_to_the_indexed_duration() -> None:
    data = media.video("mp4", seconds=3, flags="frag_keyframe")
    assert facts_of(data).duration_seconds == 3.0


def test_counts_the_fragments_of_a_truncated_recording() -> None:
    data = media.video("mp4", seconds=2, flags=FRAGMENTS)
    found = facts_of(data[: len(data) // 2])
    assert found.video_codec == "mpeg4"
    assert 0.5 < (found.duration_seconds or 0) < 1.5


def test_averages_a_variable_rate() -> None:
    movie = bytearray(media.mp4())
    at = movie.index(b"stts") + 8
    _, count, delta = struct.unpack_from(">III", movie, at)
    struct.pack_into(">II", movie, at + 4, count, 2 * delta)
    assert facts_of(bytes(movie)).frames_per_second == 5.0


def test_sums_samples_if_the_header_has_no_duration() -> None:
    movie = bytearray(media.mp4())
    struct.pack_into(">I", movie, movie.index(b"mvhd") + 4 + 16, 0xFFFFFFFF)
    assert facts_of(bytes(movie)).duration_seconds == 1.0


def test_reports_the_codec_of_encrypted_samples() -> None:
    movie = media.mp4()
    at = movie.index(b"mp4v")
    movie = movie[:at] + b"encv" + movie[at + 4 :]
    scheme = box(b"sinf", box(b"frma", b"avc1"))
    # Replaces the descriptor, which decoders then ignore.
    start = movie.index(b"esds") - 4
    size = int.from_bytes(movie[start : start + 4], "big")
    movie = movie[:start] + scheme + box(b"free", bytes(size - len(scheme) - 8)) + movie[start + size :]
    assert facts_of(movie).video_codec == "h264"


def test_names_an_unknown_codec_by_its_printable_tag() -> None:
    movie = media.mp4()
    assert facts_of(movie.replace(b"mp4v", b"Xy12")).video_codec == "xy12"
    assert facts_of(movie.replace(b"mp4v", b"\xff\r\n<")).video_codec is None


def test_reports_no_impossible_facts() -> None:
    movie = bytearray(media.mp4())
    struct.pack_into(">II", movie, movie.index(b"mvhd") + 4 + 12, 1, 2**31)
    struct.pack_into(">I", movie, movie.index(b"mdhd") + 4 + 12, 0)
    assert facts_of(bytes(movie)) == VideoFacts(None, None, "mpeg4", None)
    assert facts_of(b"") == facts_of(box(b"moov")) == facts_of(full(b"moov", b"")) == VideoFacts()


@given(st.integers(0, 2**30), st.binary(min_size=1, max_size=8))
def test_terminates_on_any_bytes(at: int, damage: bytes) -> None:
    for movie in (media.mp4(), media.video("mp4", flags=FRAGMENTS)):
        start = at % len(movie)
        found = facts_of(movie[:start] + damage + movie[start + len(damage) :])
        assert found.duration_seconds is None or found.duration_seconds > 0
