"""The renditions function: what it makes, returns and leaves behind, and how many AWS calls that takes."""

import base64
import io
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from asset_api.renditions import http_responses, images
from asset_api.renditions.leases import KEPT_SECONDS, LEASE_SECONDS
from tests import media
from tests.functions.aws_calls import AwsCalls, Stopped
from tests.functions.clock import Clock
from tests.functions.gateway import Caller, Context
from tests.functions.renditions.viewer import a_minute_passes, ask, ask_with_patience, image_published, stored
from tests.functions.triggers import sample

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

MADE = ["HeadObject", "UpdateItem", "GetObject", "PutObject", "HeadObject", "UpdateItem"]
NOBODYS = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


@pytest.fixture
def asset_id(alice: Caller) -> str:
    uploaded: str = alice.upload("image.jpg", media.jpeg(800, 600)).json()["asset_id"]
    return uploaded


def unreadable(s3: "S3Client", asset_id: str) -> None:
    """Publish bytes that no decoder accepts."""
    s3.put_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}", Body=b"\xff\xd8\xff\xe0", ContentType="image/jpeg")


def test_a_rendition_is_made_and_stored_on_first_request(asset_id: str, calls: AwsCalls, s3: "S3Client") -> None:
    calls.resume()
    response = ask(asset_id, "w320.webp")
    assert (response.status, calls.made) == (200, MADE)
    found = s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/w320.webp")
    assert found["Body"].read() == response.body
    with Image.open(io.BytesIO(response.body)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (320, 240))
    assert found["ETag"] == response.headers["etag"]
    assert found["ContentType"] == response.headers["content-type"] == "image/webp"
    assert found["ContentDisposition"] == response.headers["content-disposition"] == 'inline; filename="w320.webp"'
    assert found["CacheControl"] == "public, max-age=31536000, immutable"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable, s-maxage=60"


def test_a_head_request_makes_the_rendition(asset_id: str, s3: "S3Client") -> None:
    assert ask(asset_id, "w160.jpg", "HEAD").headers == ask(asset_id, "w160.jpg").headers
    assert stored(s3) == [f"{asset_id}/w160.jpg"]


def test_a_request_that_just_missed_it_gets_the_stored_rendition(asset_id: str, calls: AwsCalls) -> None:
    first = ask(asset_id, "w320.webp")
    calls.resume()
    assert ask(asset_id, "w320.webp") == first
    assert calls.made == ["HeadObject", "UpdateItem", "GetObject"]


def test_a_lost_rendition_is_made_again(asset_id: str, calls: AwsCalls, s3: "S3Client") -> None:
    first = ask(asset_id, "w320.webp")
    s3.delete_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/w320.webp")
    calls.resume()
    assert ask(asset_id, "w320.webp") == first
    assert calls.made == ["HeadObject", "UpdateItem", "GetObject", "UpdateItem", *MADE[2:]]


def test_missing_assets_cost_one_call_and_malformed_ids_none(calls: AwsCalls) -> None:
    calls.resume()
    for name in (NOBODYS, "none"):
        response = ask(name, "w320.webp")
        assert (response.status, response.headers["cache-control"]) == (404, "no-store")
        assert b"Asset not found" in response.body
    assert calls.made == ["HeadObject"]


def test_an_unsupported_name_is_not_found(asset_id: str, calls: AwsCalls) -> None:
    calls.resume()
    assert ask(asset_id, "w321.webp").status == 404
    assert calls.made == []


def test_a_video_has_no_image_renditions(alice: Caller, calls: AwsCalls) -> None:
    asset_id = alice.upload("clip.mp4", media.mp4()).json()["asset_id"]
    calls.resume()
    response = ask(asset_id, "w320.webp")
    assert response.status == 404
    assert b"Rendition not found: w320.webp is for images" in response.body
    assert calls.made == ["HeadObject"]


def test_an_undecodable_image_is_tried_once_and_has_a_reason(calls: AwsCalls, s3: "S3Client") -> None:
    unreadable(s3, NOBODYS)
    for made in (["HeadObject", "UpdateItem", "GetObject", "UpdateItem"], ["HeadObject", "UpdateItem"]):
        calls.resume()
        response = ask(NOBODYS, "w320.webp")
        assert (response.status, response.headers["cache-control"]) == (404, "public, max-age=60")
        assert b"Rendition not found: the file cannot be decoded" in response.body
        assert calls.made == made
    assert stored(s3) == []


def test_an_image_that_crashes_the_process_is_tried_twice(
    asset_id: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, calls: AwsCalls
) -> None:
    def crash(*_: object) -> bytes:
        raise Stopped

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(images, "render", crash)
            with pytest.raises(Stopped):
                ask(asset_id, "w320.webp")
        clock.advance(LEASE_SECONDS + 1)
        a_minute_passes()
    calls.resume()
    response = ask(asset_id, "w320.webp")
    assert (response.status, calls.made) == (404, ["HeadObject", "UpdateItem"])
    assert b"too much time or memory" in response.body
    # After an hour, a retry may succeed, with more memory or another libvips.
    clock.advance(KEPT_SECONDS)
    assert ask(asset_id, "w320.webp").status == 200


def test_an_aws_failure_does_not_count_as_an_attempt(asset_id: str, calls: AwsCalls) -> None:
    for _ in range(3):
        calls.refuse("PutObject", "InternalError", 500)
        assert ask(asset_id, "w320.webp").status == 503
    assert ask(asset_id, "w320.webp").status == 200


@pytest.mark.usefixtures("one_call_at_a_time")
def test_concurrent_requests_make_a_rendition_once(
    asset_id: str, calls: AwsCalls, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    renders: list[object] = []
    render = images.render

    def slowly(*arguments: Any) -> bytes:
        renders.append(arguments)
        time.sleep(0.5)  # the others request it meanwhile, and wait
        return render(*arguments)

    monkeypatch.setattr(images, "render", slowly)
    calls.resume()
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda _: ask(asset_id, "w320.webp"), range(8)))
    assert {response.status for response in responses} == {200}
    assert len({response.body for response in responses}) == 1
    assert len(renders) == calls.made.count("PutObject") == 1
    assert stored(s3) == [f"{asset_id}/w320.webp"]


def test_a_request_without_time_to_wait_is_told_to_retry(
    asset_id: str, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    def crash(*_: object) -> bytes:
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(images, "render", crash)
        with pytest.raises(Stopped):
            ask(asset_id, "w320.webp")
    response = ask_with_patience(asset_id, "w320.webp", clock)
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    assert b"The rendition, which is being made" in response.body
    clock.advance(LEASE_SECONDS)
    assert ask(asset_id, "w320.webp").status == 200


def test_a_rendition_over_lambdas_limit_is_a_redirect_to_s3(
    asset_id: str, monkeypatch: pytest.MonkeyPatch, s3: "S3Client"
) -> None:
    monkeypatch.setattr(http_responses, "_LARGEST_BYTES", 10)
    response = ask(asset_id, "w320.webp")
    assert (response.status, response.headers["location"]) == (307, f"/api/v2/assets/{asset_id}/w320.webp")
    assert (response.headers["cache-control"], response.body) == ("no-store", b"")
    assert stored(s3) == [f"{asset_id}/w320.webp"]


def test_a_new_image_has_its_thumbnails_and_its_thumbhash(
    alice: Caller, asset_id: str, calls: AwsCalls, s3: "S3Client"
) -> None:
    assert alice.metadata(asset_id).json()["thumbhash"] is None
    calls.resume()
    image_published("alice", asset_id)
    assert calls.made == [*MADE, "UpdateItem", *MADE]
    assert sorted(stored(s3)) == [f"{asset_id}/w320.webp", f"{asset_id}/w640.webp"]
    shown = alice.metadata(asset_id).json()
    assert shown["thumbnail_url"] == f"https://assets.example.com/api/v2/assets/{asset_id}/w320.webp"
    assert 17 <= len(base64.b64decode(shown["thumbhash"])) <= 30
    image_published("alice", asset_id)
    assert alice.metadata(asset_id).json() == shown


def test_listing_by_tag_shows_the_thumbhash(alice: Caller) -> None:
    asset_id = alice.upload("image.jpg", media.jpeg(), tags=["a", "b"]).json()["asset_id"]
    image_published("alice", asset_id, tags=["a", "b", "removed-meanwhile"])
    shown = alice.metadata(asset_id).json()
    assert shown["thumbhash"]
    for tag in ("a", "b"):
        assert alice.list(tag=tag).json()["assets"] == [shown]
    assert alice.list(tag="removed-meanwhile").json()["assets"] == []


def test_an_undecodable_new_image_has_no_thumbnail(
    alice: Caller, asset_id: str, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    unreadable(s3, asset_id)
    image_published("alice", asset_id)
    item = dynamodb.get_item(TableName="assets", Key={"owner": {"S": "alice"}, "sk": {"S": f"asset#{asset_id}"}})[
        "Item"
    ]
    assert item["rendition_error"] == {"S": "the file cannot be decoded"}
    shown = alice.metadata(asset_id).json()
    assert (shown["thumbnail_url"], shown["thumbhash"]) == (None, None)
    assert shown["rendition_error"] == "the file cannot be decoded"


def test_the_event_of_a_deleted_image_is_ignored(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    assert alice.delete(asset_id).status == 200
    image_published("alice", asset_id)
    assert stored(s3) == []
    assert alice.list().json()["assets"] == []


def test_an_event_is_redelivered_after_an_aws_failure(asset_id: str, calls: AwsCalls) -> None:
    calls.refuse("PutObject", "InternalError", 500, times=3)
    with pytest.raises(Exception, match="InternalError"):
        image_published("alice", asset_id)


def test_deleting_removes_every_rendition(alice: Caller, asset_id: str, calls: AwsCalls, s3: "S3Client") -> None:
    other = alice.upload("image.jpg", media.jpeg()).json()["asset_id"]
    for name in ("w160.webp", "w320.jpg"):
        ask(asset_id, name)
    s3.put_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/frames/frame-last.png", Body=b"png")
    ask(other, "w160.webp")
    calls.resume()
    assert alice.delete(asset_id).status == 200
    assert calls.made[-3:] == ["DeleteObjects", "ListObjectsV2", "DeleteObjects"]
    assert stored(s3) == [f"{other}/w160.webp"]


@pytest.mark.parametrize("name", ["rendition", "new-image"])
def test_the_samples_are_processed(name: str) -> None:
    response = renditions_handler(sample(name))
    assert response is None if name == "new-image" else response["statusCode"] == 404


def renditions_handler(event: dict[str, Any]) -> Any:
    from functions.renditions import app

    return app.handler(event, Context())
