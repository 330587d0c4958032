"""The stand-in's videos: real MP4s of every accepted kind of picture."""

from pathlib import Path

import av
import pytest

from asset_api.media.file_types import MP4
from asset_api.media.inspection import detect, detect_file
from asset_api.media.reader import InMemory, Reader
from stand_ins.replicate.inputs import InputError
from stand_ins.replicate.rendering import render, video_size
from tests import media

SHORT = 0.25


def size_of(data: bytes) -> tuple[int, int] | None:
    found = detect_file(Reader(InMemory(data), len(data)))
    return found and found.size


def boxes_of(path: Path) -> list[bytes]:
    return [box[4:8] for box in media.boxes(path.read_bytes())]


def test_renders_an_h264_mp4_of_an_image(tmp_path: Path) -> None:
    path = tmp_path / "output.mp4"
    render(media.jpeg(320, 200), "Make the person wave hello, слово за слово", path)
    head = path.read_bytes()
    assert detect(head) is MP4
    assert size_of(head) == (864, 540)
    with av.open(str(path)) as video:
        (stream,) = video.streams
        assert isinstance(stream, av.VideoStream)
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 24
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(2.5)
        frames = [bytes(frame.planes[0]) for frame in video.decode(stream)]
    assert len(frames) == 60
    assert frames[0] != frames[-1]


def test_the_index_comes_before_the_media_data(tmp_path: Path) -> None:
    path = tmp_path / "output.mp4"
    render(media.png(), "x", path, SHORT)
    kinds = boxes_of(path)
    assert kinds[0] == b"ftyp"
    assert kinds.index(b"moov") < kinds.index(b"mdat")


def test_renders_a_title_card_of_a_prompt_alone(tmp_path: Path) -> None:
    path = tmp_path / "output.mp4"
    render(None, "A coffee. " * 60, path, SHORT)
    assert size_of(path.read_bytes()) == (960, 540)


@pytest.mark.parametrize("kind", ["jpeg", "gif", "webp"])
def test_accepts_every_kind_of_image(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "output.mp4"
    render(media.SAMPLES[kind](), "", path, SHORT)
    assert detect(path.read_bytes()) is MP4


def test_applies_exif_orientation(tmp_path: Path) -> None:
    path = tmp_path / "output.mp4"
    render(media.jpeg(64, 48, exif=True), "x", path, SHORT)  # orientation 6: upright when turned
    assert size_of(path.read_bytes()) == (540, 720)


@pytest.mark.parametrize(
    ("picture", "video"),
    [((4000, 3000), (720, 540)), ((1, 1), (540, 540)), ((9, 16), (540, 960)), ((5000, 10), (960, 410))],
)
def test_sizes_are_even_and_at_most_540p(picture: tuple[int, int], video: tuple[int, int]) -> None:
    assert video_size(*picture) == video


@pytest.mark.parametrize(
    "image", [b"", b"<html>", media.jpeg()[:200], media.mp4()], ids=["empty", "html", "cut", "mp4"]
)
def test_refuses_other_files_than_images(image: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        render(image, "x", tmp_path / "output.mp4", SHORT)
