"""Frames of videos: made on request from the needed ranges of the file, and stored."""

import base64
import contextlib
import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from asset_api.renditions import frames
from asset_api.renditions.leases import LEASE_SECONDS
from tests import media
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.clock import Clock
from tests.functions.gateway import Caller
from tests.functions.renditions.viewer import Response, a_minute_passes, ask, ask_with_patience, stored, video_published
from tests.functions.triggers import file_arrived, post, public, tombstone_written
from tests.videos import every_frame, video

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

MADE = ["HeadObject", "UpdateItem", "GetObject", "PutObject", "HeadObject", "UpdateItem"]
# Its head and its index at the end are far apart.
CALLS_OF_A_LARGE_VIDEO = 7
NOBODYS = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


def uploaded(caller: Caller, data: bytes, name: str = "clip.mp4") -> str:
    asset_id: str = caller.upload(name, data).json()["asset_id"]
    file_arrived(asset_id)
    return asset_id


@pytest.fixture
def asset_id(alice: Caller) -> str:
    return uploaded(alice, video(size=(640, 480)))


@pytest.mark.parametrize(("frame", "number"), [("first", 0), ("last", -1)])
def test_a_frame_has_the_exact_pixels_at_full_size(
    frame: str, number: int, asset_id: str, calls: AwsCalls, s3: "S3Client"
) -> None:
    calls.resume()
    response = ask(asset_id, f"frame-{frame}.png")
    assert (response.status, response.headers["content-type"], calls.made) == (200, "image/png", MADE)
    with Image.open(io.BytesIO(response.body)) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (640, 480), "RGB")
        red, green, _ = picture.getpixel(((59 * 7 if number else 0) % 640 + 40, 240))  # type: ignore[misc]
        assert red > green + 80
    assert len(every_frame(video(size=(640, 480)))) == 60
    assert stored(s3) == [f"{asset_id}/frames/frame-{frame}.png"]


@pytest.mark.parametrize(
    ("name", "kind", "size"),
    [("frame-last-w160.jpg", "JPEG", (160, 120)), ("frame-first-w1920.webp", "WEBP", (640, 480))],
)
def test_a_frame_is_scaled_down_and_never_enlarged(name: str, kind: str, size: tuple[int, int], asset_id: str) -> None:
    with Image.open(io.BytesIO(ask(asset_id, name).body)) as picture:
        assert (picture.format, picture.size) == (kind, size)


def test_a_head_request_makes_the_frame(asset_id: str, s3: "S3Client") -> None:
    assert ask(asset_id, "frame-last-w160.jpg", "HEAD").headers == ask(asset_id, "frame-last-w160.jpg").headers
    assert stored(s3) == [f"{asset_id}/frames/frame-last-w160.jpg"]


def test_an_image_has_no_frames(alice: Caller) -> None:
    response = ask(uploaded(alice, media.png(), "image.png"), "frame-last.png")
    assert response.status == 404
    assert b"Rendition not found: frame-last.png is for videos" in response.body


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (media.audio("mp4"), "the file has no video"),
        (video("qtrle", pixels="rgb24", container="mov"), "qtrle is not supported"),
        (video()[:1000], "the video cannot be decoded"),
    ],
    ids=["sound", "a codec", "cut off"],
)
def test_an_undecodable_video_is_tried_once_and_has_a_reason(
    data: bytes, reason: str, calls: AwsCalls, s3: "S3Client"
) -> None:
    s3.put_object(Bucket="assets", Key=f"api/v2/assets/{NOBODYS}", Body=data, ContentType="video/mp4")
    for made in (["HeadObject", "UpdateItem", "GetObject", "UpdateItem"], ["HeadObject", "UpdateItem"]):
        calls.resume()
        response = ask(NOBODYS, "frame-first.png")
        assert (response.status, calls.made) == (404, made)
        assert f"Rendition not found: {reason}".encode() in response.body


def test_a_new_video_has_its_poster_and_its_thumbhash(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    video_published("alice", asset_id)
    assert stored(s3) == [f"{asset_id}/frames/frame-poster-w320.webp"]
    shown = alice.metadata(asset_id).json()
    assert shown["thumbnail_url"].endswith(f"/{asset_id}/frame-poster-w320.webp")
    assert 17 <= len(base64.b64decode(shown["thumbhash"])) <= 30
    video_published("alice", asset_id)
    assert alice.metadata(asset_id).json() == shown


def test_a_video_without_pictures_has_no_thumbnail(alice: Caller) -> None:
    asset_id = uploaded(alice, media.audio("mp4"))
    video_published("alice", asset_id)
    shown = alice.metadata(asset_id).json()
    assert (shown["thumbnail_url"], shown["thumbhash"]) == (None, None)


def test_an_aws_failure_does_not_count_as_an_attempt(asset_id: str, calls: AwsCalls) -> None:
    for _ in range(3):
        calls.refuse("GetObject", "InternalError", 500)
        assert ask(asset_id, "frame-last.png").status == 503
    assert ask(asset_id, "frame-last.png").status == 200


def test_the_last_frame_of_a_large_video_needs_few_reads(alice: Caller, calls: AwsCalls, s3: "S3Client") -> None:
    data = media.grown(media.index_first(video(codec_options=(("g", "1"),))), 20_000_000)
    body = alice.ask_for_form(filename="clip.mp4").json()
    post(s3, body["upload"], data)
    file_arrived(body["asset_id"])
    calls.resume()
    assert ask(body["asset_id"], "frame-first-w160.jpg").status == 200
    assert calls.made == MADE


@pytest.mark.parametrize(("number", "moment"), moments(CALLS_OF_A_LARGE_VIDEO))
def test_a_frame_of_a_concurrently_deleted_video_is_removed(
    number: int,
    moment: Moment,
    alice: Caller,
    calls: AwsCalls,
    clock: Clock,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
) -> None:
    """A delete overtakes the maker at each of its calls, two of which read the video; every second one crashes."""
    data = media.grown(video(codec_options=(("g", "1"),)), 5_000_000)
    body = alice.ask_for_form(filename="clip.mp4").json()
    post(s3, body["upload"], data)
    file_arrived(body["asset_id"])
    calls.resume()

    def delete() -> None:
        assert alice.delete(body["asset_id"]).status == 200
        tombstone_written(body["asset_id"])
        if number % 2:
            raise Stopped

    calls.at(number, moment, delete)
    with contextlib.suppress(Stopped):
        assert ask(body["asset_id"], "frame-first-w160.jpg").status in (200, 404)
    assert public(s3) == []
    calls.resume()
    clock.advance(LEASE_SECONDS + 1)
    a_minute_passes()
    in_flight = dynamodb.scan(TableName="assets", IndexName="InFlight")["Items"]
    leases = [item for item in in_flight if item["in_flight"]["S"] == "rendition"]
    assert (public(s3), stored(s3), leases) == ([], [], [])


@pytest.mark.parametrize(("number", "moment"), moments(len(MADE)))
def test_concurrent_makers_store_a_frame_once(
    number: int,
    moment: Moment,
    asset_id: str,
    calls: AwsCalls,
    clock: Clock,
    s3: "S3Client",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    renders: list[object] = []
    render = frames.render

    def counted(*arguments: Any) -> bytes:
        renders.append(arguments)
        return render(*arguments)

    monkeypatch.setattr(frames, "render", counted)
    name, responses = "frame-last-w160.jpg", list[Response]()
    calls.resume()
    calls.at(number, moment, lambda: responses.append(ask_with_patience(asset_id, name, clock)))
    first = ask(asset_id, name)
    (second,) = responses
    assert first.status == 200
    assert (second.status, second.body) == (200, first.body) or second.headers["retry-after"] == "1"
    assert len(renders) == 1
    assert stored(s3) == [f"{asset_id}/frames/{name}"]
