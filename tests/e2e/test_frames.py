"""Frames of videos as viewers see them."""

import io
from typing import Any

import httpx
import pytest
from PIL import Image, ImageChops

from tests import media
from tests.e2e.client import Caller, eventually, refused, succeeded
from tests.e2e.emulated_aws import stored_names, wait_for_thumbnails
from tests.e2e.local_stack import LocalStack
from tests.e2e.stand_in import StandIn
from tests.videos import every_frame, video

SIZE = (320, 240)


def clip() -> bytes:
    """H.264 with frames out of order, of 60 frames."""
    return video(size=SIZE, codec_options=(("bf", "3"), ("g", "25")))


def expected(number: int) -> Image.Image:
    """Return a frame of the clip, decoded in order."""
    frame: Any = every_frame(clip())[number]
    rgb = frame.reformat(format="rgb24")
    return Image.frombytes("RGB", SIZE, bytes(rgb.planes[0]))


def opened(response: httpx.Response) -> Image.Image:
    assert response.status_code == 200, response.text
    return Image.open(io.BytesIO(response.content))


def difference(one: Image.Image, other: Image.Image) -> float:
    """Compute the mean difference of two pictures' levels."""
    histogram = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L").histogram()
    return sum(level * count for level, count in enumerate(histogram)) / sum(histogram)


@pytest.fixture
def video_url(alice: Caller) -> str:
    return str(alice.uploaded("clip.mp4", clip())["url"])


def test_the_first_and_last_frames_are_exact(http: httpx.Client, video_url: str) -> None:
    first, last = (opened(http.get(f"{video_url}/frame-{which}.png")) for which in ("first", "last"))
    assert (first.format, first.size, last.size) == ("PNG", SIZE, SIZE)
    assert difference(first, expected(0)) < 3 < difference(first, expected(-1))
    assert difference(last, expected(-1)) < 3 < difference(last, expected(-2))


@pytest.mark.parametrize("frame", ["first", "last", "poster"])
def test_frames_are_served_in_several_widths_and_both_formats(http: httpx.Client, video_url: str, frame: str) -> None:
    for width, kind, extension in ((160, "WEBP", "webp"), (160, "JPEG", "jpg"), (1920, "WEBP", "webp")):
        picture = opened(http.get(f"{video_url}/frame-{frame}-w{width}.{extension}"))
        assert (picture.format, picture.size) == (kind, (160, 120) if width == 160 else SIZE)


def test_frames_support_ranges_and_are_immutable(http: httpx.Client, video_url: str) -> None:
    made = http.get(f"{video_url}/frame-last.png")
    served = http.get(f"{video_url}/frame-last.png", headers={"Range": "bytes=0-7"})
    assert (served.status_code, served.content) == (206, b"\x89PNG\r\n\x1a\n")
    assert served.headers["etag"] == made.headers["etag"]
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["content-disposition"] == 'inline; filename="frame-last.png"'


def test_other_frame_names_are_not_found(http: httpx.Client, video_url: str, alice: Caller) -> None:
    for name in ("frame-second.png", "frame-last.webp", "frames/frame-last.png", "frame-last-w161.jpg"):
        assert http.get(f"{video_url}/{name}").status_code == 404, name
    image = alice.uploaded("image.png", media.png())["url"]
    assert "Rendition not found" in refused(http.get(f"{image}/frame-last.png"), 404)
    sound = alice.uploaded("sound.mp4", media.audio("mp4"))["url"]
    assert refused(http.get(f"{sound}/frame-last.png"), 404) == "Rendition not found: the file has no video"


def test_a_new_video_gets_a_poster_and_a_thumbhash(http: httpx.Client, video_url: str, alice: Caller) -> None:
    asset_id = video_url.rpartition("/")[2]

    def with_thumbhash() -> dict[str, Any] | None:
        asset = succeeded(alice.metadata(asset_id), 200)
        return asset if asset["thumbhash"] else None

    shown = eventually("a thumbhash", with_thumbhash)
    assert shown["thumbnail_url"] == f"{video_url}/frame-poster-w320.webp"
    assert (shown["duration_seconds"], shown["frames_per_second"], shown["video_codec"]) == (2.4, 25.0, "h264")
    assert opened(http.get(shown["thumbnail_url"])).size == SIZE


def test_a_delete_removes_the_frames(http: httpx.Client, video_url: str, alice: Caller, stack: LocalStack) -> None:
    asset_id = video_url.rpartition("/")[2]
    wait_for_thumbnails(stack, asset_id)
    assert http.get(f"{video_url}/frame-last.png").status_code == 200
    assert alice.delete(asset_id).status_code == 200
    assert stored_names(stack, asset_id) == []
    assert http.get(f"{video_url}/frame-last.png").status_code == 404


def test_a_clip_can_continue_from_the_last_frame_of_another(
    alice: Caller, http: httpx.Client, video_url: str, stand_in: StandIn, stack: LocalStack
) -> None:
    asset_id = video_url.rpartition("/")[2]
    inputs = {"first_frame_image": f"asset:{asset_id}#frame=last"}
    job_id = alice.generating("minimax/video-01", prompt="it continues", input=inputs)
    frame = f"{video_url}/frame-last.png"
    assert [each["input"]["first_frame_image"] for each in stand_in.predictions_of(job_id)] == [frame]
    # It was stored before the prediction was created.
    assert "frames/frame-last.png" in stored_names(stack, asset_id)
    job = alice.ended(job_id)
    assert job["status"] == "completed", job
    began = opened(http.get(f"{job['video_url']}/frame-first.png"))
    # The stand-in zooms in, so its first frame differs a little from the input.
    assert difference(began, opened(http.get(frame)).resize(began.size)) < 25


def test_an_invalid_asset_reference_starts_no_job(alice: Caller, bob: Caller, video_url: str) -> None:
    asset_id = video_url.rpartition("/")[2]
    for caller, reference, status in (
        (bob, f"asset:{asset_id}#frame=last", 400),
        (alice, f"asset:{asset_id}#w=320", 400),
        (alice, f"asset:{asset_id}#w=321", 422),
    ):
        refused(caller.generate("minimax/video-01", input={"image": reference}), status)
    assert succeeded(alice.send("GET", "/api/v2/jobs"), 200)["jobs"] == []
