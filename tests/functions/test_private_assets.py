"""Private assets: read by signed URLs alone, wherever they come from, and whatever stops or comes in between."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch
from urllib.parse import urlsplit

import pytest

from asset_api.assets.asset import Visibility
from asset_api.composition import assets, changing
from asset_api.platform import errors
from asset_api.publishing import assembly, placing
from functions.list import app as list_
from tests import media
from tests.functions import gateway
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.cdn import view
from tests.functions.conftest import configure
from tests.functions.gateway import Answer, Caller, Context, event
from tests.functions.renditions import viewer
from tests.functions.test_change import left, pass_minutes
from tests.functions.triggers import arrived, deliver_everything, file_arrived, keys, post
from tests.videos import video

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

UNKNOWN = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
BOTH: tuple[Visibility, Visibility] = ("public", "private")
# Of a change of visibility: those of the test that counts them.
MOVE_CALLS = 10  # one less to make it public


def uploaded(caller: Caller, visibility: Visibility = "private", **fields: Any) -> str:
    return str(caller.upload("image.png", media.png(), visibility=visibility, **fields).json()["asset_id"])


def path(asset_id: str, rendition: str = "") -> str:
    return f"/api/v2/assets/{asset_id}" + (f"/{rendition}" if rendition else "")


def sign(caller: Caller, asset_id: str, **fields: Any) -> Answer:
    body = json.dumps({"expires_in": 3600, **fields}).encode()
    headers = {"content-type": "application/json"}
    return caller.request("POST", f"{path(asset_id)}/signed-url", body=body, headers=headers)


def signed(caller: Caller, asset_id: str, **fields: Any) -> str:
    answer = sign(caller, asset_id, **fields)
    assert answer.status == 200, answer.body
    return str(answer.json()["url"])


def objects(s3: "S3Client") -> list[str]:
    """The keys in the assets bucket, without their prefix."""
    return keys(s3, "assets", "api/v2/assets/")


def without_request_id(body: bytes) -> dict[str, Any]:
    problem: dict[str, Any] = json.loads(body)
    return {name: value for name, value in problem.items() if name != "request_id"}


def assert_read_by_one_rule(s3: "S3Client", caller: Caller, asset_id: str) -> Visibility:
    """The listed asset is read as its visibility says, by its URL and by a signed one, and nothing else is there."""
    asset = caller.metadata(asset_id).json()
    plain, by_signature = view(s3, asset["url"]), view(s3, signed(caller, asset_id))
    if asset["visibility"] == "public":
        assert (plain.status, plain.body) == (200, media.png())
        assert (by_signature.status, by_signature.headers["location"]) == (307, path(asset_id))
        assert objects(s3) == [asset_id]
    else:
        assert plain.status == 404
        assert (by_signature.status, by_signature.body) == (200, media.png())
        assert objects(s3) == [f"{asset_id}/private"]
    return "private" if asset["visibility"] == "private" else "public"


@pytest.fixture
def asset_id(alice: Caller) -> str:
    return uploaded(alice)


def _by_form(caller: Caller, s3: "S3Client") -> str:
    form = caller.ask_for_form(filename="image.png", visibility="private").json()
    assert form["upload"]["fields"]["x-amz-meta-visibility"] == "private"
    post(s3, form["upload"], media.png())
    asset = caller.complete(form["asset_id"]).json()
    assert asset["visibility"] == "private"
    assert "&signature=" in asset["thumbnail_url"]
    return str(form["asset_id"])


def _by_event(caller: Caller, s3: "S3Client") -> str:
    form = caller.ask_for_form(filename="image.png", visibility="private").json()
    post(s3, form["upload"], media.png())
    file_arrived(form["asset_id"])
    return str(form["asset_id"])


def _directly(caller: Caller, _s3: "S3Client") -> str:
    return uploaded(caller)


@pytest.mark.parametrize("come", [_by_form, _by_event, _directly])
def test_a_private_asset_is_read_by_its_signed_url_alone(
    come: Callable[[Caller, "S3Client"], str], alice: Caller, s3: "S3Client"
) -> None:
    asset_id = come(alice, s3)
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"
    # Its head is, too.
    assert view(s3, signed(alice, asset_id), "HEAD").status == 200
    assert view(s3, path(asset_id), "HEAD").status == 404


def test_without_a_signature_it_looks_like_an_asset_that_never_was(
    alice: Caller, asset_id: str, s3: "S3Client", calls: AwsCalls
) -> None:
    assert view(s3, signed(alice, asset_id, rendition="w160.webp")).status == 200
    for rendition in ("", "w160.webp", "w320.jpg", "frame-last.png"):
        seen = []
        for each in (asset_id, UNKNOWN):
            calls.resume()
            answer = view(s3, path(each, rendition))
            seen.append((answer.status, answer.headers, without_request_id(answer.body), list(calls.made)))
        assert seen[0] == seen[1]
        assert seen[0][0] == 404
    assert "w320.jpg" not in str(objects(s3))


def test_a_private_asset_has_no_lifetime_of_its_own_in_a_cache(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    """The policies of the distribution say how long CloudFront keeps it, and what viewers are told."""
    served = view(s3, signed(alice, asset_id)).headers
    assert "cache-control" not in served
    assert served["content-disposition"] == 'inline; filename="image.png"'
    first = view(s3, signed(alice, asset_id, rendition="w160.webp"))
    assert first.headers["cache-control"] == "private, no-cache"
    then = view(s3, signed(alice, asset_id, rendition="w160.webp"))
    assert (then.status, then.body, "cache-control" in then.headers) == (200, first.body, False)


@pytest.mark.parametrize("visibility", BOTH)
def test_renditions_are_stored_where_their_asset_is(visibility: Visibility, alice: Caller, s3: "S3Client") -> None:
    asset_id = uploaded(alice, visibility)
    is_private = visibility == "private"
    url = signed(alice, asset_id, rendition="w160.webp") if is_private else path(asset_id, "w160.webp")
    assert view(s3, url).status == 200
    viewer.image_published("alice", asset_id, "image/png", visibility=visibility)
    folder = f"{asset_id}/private" if is_private else asset_id
    made = [f"{folder}/w{width}.webp" for width in (160, 320, 640)]
    assert objects(s3) == [*([asset_id] if not is_private else []), *([folder] if is_private else []), *made]
    assert alice.metadata(asset_id).json()["thumbhash"]
    assert alice.delete(asset_id).status == 200
    assert objects(s3) == []


def test_frames_of_a_private_video(alice: Caller, s3: "S3Client") -> None:
    asset_id = alice.upload("clip.mp4", video(), visibility="private").json()["asset_id"]
    answer = view(s3, signed(alice, asset_id, rendition="frame-last.png"))
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert objects(s3) == [f"{asset_id}/private", f"{asset_id}/private/frames/frame-last.png"]
    assert view(s3, path(asset_id, "frame-last.png")).status == 404
    assert sign(alice, asset_id, rendition="w320.webp").detail.startswith("Rendition not found: ")


def test_what_only_the_edge_may_ask_for_is_nothing_without_its_word(alice: Caller, asset_id: str) -> None:
    for name in ("private", "private/w160.webp", "private/frames/frame-last.png"):
        answer = viewer.request("GET", path(asset_id, name), {})
        assert answer.status == 404
        assert without_request_id(answer.body)["type"].endswith(":not-found")
    assert alice.delete(asset_id).status == 200
    for name in ("private", "private/w160.webp"):
        answer = viewer.request("GET", path(asset_id, name), {"x-verified-query": "expires=1&signature=a"})
        assert without_request_id(answer.body)["type"].endswith(":asset-not-found")


def test_a_file_that_cannot_be_decoded_tells_only_who_has_a_signature(
    alice: Caller, asset_id: str, s3: "S3Client"
) -> None:
    key = f"api/v2/assets/{asset_id}/private"
    s3.put_object(Bucket="assets", Key=key, Body=b"\xff\xd8\xff\xe0", ContentType="image/jpeg")
    told = view(s3, signed(alice, asset_id, rendition="w160.webp"))
    assert (told.status, told.headers["cache-control"]) == (404, "private, no-cache")
    assert without_request_id(told.body)["detail"].startswith("Rendition not found: the file cannot be decoded")
    assert without_request_id(view(s3, path(asset_id, "w160.webp")).body)["detail"] == "Asset not found"


# --- The signed URL --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [60, 3600, 604_800])
def test_a_signed_url_says_when_it_ends(seconds: int, alice: Caller, asset_id: str, clock: "Clock") -> None:
    answer = sign(alice, asset_id, expires_in=seconds).json()
    ends = clock.time + timedelta(seconds=seconds)
    assert answer["expires_at"] == ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"?expires={int(ends.timestamp())}&signature=" in answer["url"]
    assert answer["url"].startswith(alice.metadata(asset_id).json()["url"])


def test_it_ends_no_later_than_the_asset_itself(alice: Caller, clock: "Clock") -> None:
    asset_id = uploaded(alice, expires_in="120")
    expiry = int((clock.time + timedelta(seconds=120)).timestamp())
    assert f"expires={expiry}&" in signed(alice, asset_id, expires_in=3600)
    assert f"expires={expiry - 60}&" in signed(alice, asset_id, expires_in=60)


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"expires_in": 59}, "expires_in: Input should be greater than or equal to 60"),
        ({"expires_in": 604_801}, "expires_in: Input should be less than or equal to 604800"),
        ({"expires_in": None}, "expires_in: Input should be a valid integer"),
        ({"expires_in": "3600"}, "expires_in: Input should be a valid integer"),
        ({"expires_in": True}, "expires_in: Input should be a valid integer"),
        ({"rendition": 320}, "rendition: Input should be a valid string"),
    ],
)
def test_an_invalid_request_is_named(fields: dict[str, Any], detail: str, alice: Caller, asset_id: str) -> None:
    answer = sign(alice, asset_id, **fields)
    assert (answer.status, answer.detail) == (422, detail)


def test_the_time_is_required(alice: Caller, asset_id: str) -> None:
    headers = {"content-type": "application/json"}
    answer = alice.request("POST", f"{path(asset_id)}/signed-url", body=b"{}", headers=headers)
    assert (answer.status, answer.detail) == (422, "expires_in: Field required")


@pytest.mark.parametrize(
    "name", ["", "w321.webp", "W320.webp", "frame-last.png", "w320.png", "../x", "private", "metadata", "w320.webp\n"]
)
def test_an_image_has_the_renditions_of_images_alone(name: str, alice: Caller, asset_id: str) -> None:
    answer = sign(alice, asset_id, rendition=name)
    assert (answer.status, answer.detail) == (404, "Rendition not found: no rendition of this image has that name")


@pytest.mark.parametrize("visibility", BOTH)
def test_nobody_else_gets_one(visibility: Visibility, alice: Caller, bob: Caller, anonymous: Caller) -> None:
    asset_id = uploaded(alice, visibility)
    assert sign(anonymous, asset_id).status == 401
    for caller, each in ((bob, asset_id), (alice, UNKNOWN), (alice, "none"), (alice, "a" * 3000)):
        answer = sign(caller, each)
        assert (answer.status, answer.detail) == (404, "Asset not found")


def test_a_deleted_asset_has_none_and_the_old_one_is_a_404(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    url, rendition = signed(alice, asset_id), signed(alice, asset_id, rendition="w160.webp")
    assert view(s3, rendition).status == 200
    alice.delete(asset_id)
    assert sign(alice, asset_id).status == 404
    assert (view(s3, url).status, view(s3, rendition).status) == (404, 404)


def test_it_costs_one_call(alice: Caller, asset_id: str, calls: AwsCalls) -> None:
    calls.resume()
    signed(alice, asset_id, rendition="w320.webp")
    assert calls.made == ["GetItem"]


def test_any_key_of_the_stack_verifies_and_the_first_signs(
    alice: Caller, asset_id: str, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("K", "O", "n"):  # those of the edge function in these tests
        configure(monkeypatch, url_signing_keys=(key * 43, "x" * 43))
        assert view(s3, signed(alice, asset_id)).status == 200
    configure(monkeypatch, url_signing_keys=("x" * 43, "K" * 43))
    assert view(s3, signed(alice, asset_id)).status == 404
    configure(monkeypatch, url_signing_keys=())
    assert sign(alice, asset_id).status == 500


# --- Lists -----------------------------------------------------------------------------------------------------------


def test_lists_show_an_unsigned_url_and_a_thumbnail_that_stays_the_same_for_a_while(
    alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock"
) -> None:
    clock.time = clock.time.replace(hour=23, minute=0, second=1) + timedelta(days=1)
    asset = alice.metadata(asset_id).json()
    assert asset["url"] == f"https://assets.example.com{path(asset_id)}"
    assert asset["visibility"] == "private"
    clock.advance(14 * 60)
    assert alice.list().json()["assets"] == [asset]
    clock.advance(60)
    later = alice.list().json()["assets"][0]
    assert later["thumbnail_url"] != asset["thumbnail_url"]
    for shown in (asset, later):
        assert view(s3, shown["thumbnail_url"].replace("expires=", "expires=")).status in (200, 404)
    ends = int(asset["thumbnail_url"].partition("expires=")[2].partition("&")[0])
    assert 0 <= ends - int((clock.time - timedelta(minutes=15)).timestamp()) - 3600 < 900
    assert uploaded(alice, "public") in alice.list().json()["assets"][0]["thumbnail_url"]
    assert "?" not in alice.list().json()["assets"][0]["thumbnail_url"]


def test_others_see_nothing_of_it(alice: Caller, bob: Caller, asset_id: str) -> None:
    assert bob.list().json()["assets"] == []
    for answer in (bob.metadata(asset_id), bob.change(asset_id, visibility="public"), bob.delete(asset_id)):
        assert (answer.status, answer.detail) == (404, "Asset not found")
    assert alice.metadata(asset_id).json()["visibility"] == "private"


def test_no_log_line_has_a_signature(alice: Caller, asset_id: str, logged: Any) -> None:
    list_.handler(event("GET", path(asset_id), {"x-origin-secret": "wrong"}, b""), Context())
    url = signed(alice, asset_id)
    alice.list()
    assert url.rpartition("=")[2] not in str(logged.lines)


# --- Changes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", BOTH)
def test_a_change_moves_the_bytes_and_leaves_no_rendition_behind(
    visibility: Visibility, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls, clock: "Clock"
) -> None:
    before: Visibility = "public" if visibility == "private" else "private"
    asset_id = uploaded(alice, before, tags=["a"])
    shown = alice.metadata(asset_id).json()
    assert (
        view(
            s3, signed(alice, asset_id, rendition="w160.webp") if before == "private" else path(asset_id, "w160.webp")
        ).status
        == 200
    )
    calls.resume()
    answer = alice.change(asset_id, visibility=visibility, filename="new.png")
    assert answer.status == 200, answer.body
    assert len(calls.made) == MOVE_CALLS + (visibility == "private")  # there is a rendition to remove
    assert answer.json()["visibility"] == visibility
    assert assert_read_by_one_rule(s3, alice, asset_id) == visibility
    changed = alice.metadata(asset_id).json()
    assert {**shown, "visibility": visibility, "filename": "new.png", "thumbnail_url": ""} == {
        **changed,
        "thumbnail_url": "",
    }
    assert alice.list(tag="a").json()["assets"] == [changed]
    head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{objects(s3)[0]}")
    assert head["ContentDisposition"] == 'inline; filename="new.png"'
    assert head.get("CacheControl") == ("public, max-age=31536000, immutable" if visibility == "public" else None)
    (item,) = (item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"].startswith("change#"))
    assert item["applied"]["S"]  # has the copies at CloudFront invalidated
    pass_minutes(clock)
    assert left(dynamodb, "change#") == []
    assert assert_read_by_one_rule(s3, alice, asset_id) == visibility


def test_asking_again_leaves_everything_as_it_is(alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock") -> None:
    for _ in range(2):
        changed_by_a_stubborn_client(alice, asset_id, clock, visibility="private")
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"
    assert alice.change(asset_id, visibility=None).json()["visibility"] == "public"
    pass_minutes(clock)
    assert assert_read_by_one_rule(s3, alice, asset_id) == "public"


def test_other_changes_of_a_private_asset_follow_it(
    alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock"
) -> None:
    assert alice.change(asset_id, filename="new.png", expires_in=3600).status == 200
    head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/private")
    assert head["ContentDisposition"] == 'inline; filename="new.png"'
    assert head["Expires"] == (clock.time + timedelta(hours=1)).replace(microsecond=0)
    assert "CacheControl" not in dict(head)
    assert objects(s3) == [f"{asset_id}/private"]


@pytest.mark.parametrize("expires_in", ["3600", None])
def test_a_private_asset_ends_as_others_do(
    expires_in: str | None, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", clock: "Clock"
) -> None:
    asset_id = uploaded(alice, expires_in=expires_in or "7200")
    url = signed(alice, asset_id)
    if expires_in:
        clock.advance(3600)
        pass_minutes(clock)
        deliver_everything(s3, dynamodb)
    else:
        assert alice.delete_many(asset_id).json()["deleted"] == [asset_id]
    assert objects(s3) == []
    assert view(s3, url).status == 404


@pytest.mark.parametrize("visibility", BOTH)
@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS))
def test_wherever_a_change_stops_it_is_read_by_one_rule_within_minutes(
    call: int,
    moment: Moment,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    asset_id = uploaded(alice, "public" if visibility == "private" else "private")
    calls.resume()
    calls.stop(call, moment)
    with contextlib.suppress(Stopped):
        alice.change(asset_id, visibility=visibility)
    calls.resume()
    # Never without its bytes.
    assert asset_id in str(objects(s3))
    pass_minutes(clock, 4)
    assert (assert_read_by_one_rule(s3, alice, asset_id) == visibility) == (call > 3)
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS))
def test_a_change_that_died_is_finished_by_asking_again(
    call: int, moment: Moment, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """The answer of a change to private is a promise, whoever had begun before."""
    asset_id = uploaded(alice, "public")
    calls.resume()
    calls.stop(call, moment)
    with contextlib.suppress(Stopped):
        alice.change(asset_id, visibility="private")
    calls.resume()
    changed_by_a_stubborn_client(alice, asset_id, clock, visibility="private")
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"


class PassingContext(Context):
    """An invocation of 28 seconds, which pass while it sleeps, on the functions' clock too."""

    def __init__(self, clock: "Clock") -> None:
        self.clock, self.seconds_left = clock, 28.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)

    def sleep(self, seconds: float) -> None:
        self.seconds_left -= seconds
        self.clock.advance(seconds)


def changed_by_a_stubborn_client(caller: Caller, asset_id: str, clock: "Clock", **fields: Any) -> None:
    """Ask until it is done, as `Retry-After` says: whatever died has a lease that ends."""
    for _ in range(8):
        answer = changed_with_patience(caller, asset_id, clock, **fields)
        if answer.status == 200:
            return
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    pytest.fail(answer.body)


def changed_with_patience(caller: Caller, asset_id: str, clock: "Clock", **fields: Any) -> Answer:
    """The answer to whoever waits for another change, without waiting for real."""
    context = PassingContext(clock)
    patient = replace(changing.changer(), sleep=context.sleep)
    patient = replace(patient, placer=replace(patient.placer, sleep=context.sleep))
    with patch.object(changing, "changer", lambda: patient), patch.object(gateway, "Context", lambda: context):
        return caller.change(asset_id, **fields)


@pytest.mark.parametrize(
    ("other", "visibility"), [("rename", "private"), ("delete", "private"), ("delete", "public"), ("expiry", "private")]
)
@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS))
def test_whatever_comes_between_nothing_private_is_left_public(
    call: int,
    moment: Moment,
    other: str,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    asset_id = uploaded(alice, "public" if visibility == "private" else "private")
    if other == "expiry":
        alice.change(asset_id, expires_in=60)
        pass_minutes(clock, 0)
    meanwhile: dict[str, Callable[[], object]] = {
        "rename": lambda: alice.change(asset_id, filename="theirs.png"),
        "delete": lambda: alice.delete(asset_id),
        "expiry": lambda: pass_minutes(clock, 2),
    }
    calls.resume()
    calls.at(call, moment, meanwhile[other])
    answer = changed_with_patience(alice, asset_id, clock, visibility=visibility)
    calls.resume()
    assert answer.status in (200, 404)
    if answer.status == 200 and visibility == "private":
        assert asset_id not in objects(s3)
    deliver_everything(s3, dynamodb)
    pass_minutes(clock, 4)
    if alice.metadata(asset_id).status == 200:
        assert assert_read_by_one_rule(s3, alice, asset_id) == visibility
        name = alice.metadata(asset_id).json()["filename"]
        head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{objects(s3)[0]}")
        assert head["ContentDisposition"] == f'inline; filename="{name}"'
    else:
        assert objects(s3) == []
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS))
def test_two_changes_end_in_one_state(
    call: int,
    moment: Moment,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    """The other one waits until the bytes are where the first one brings them, or gives up: it never crosses it."""
    asset_id = uploaded(alice, "public")
    answers: list[int] = []

    def other() -> None:
        answers.append(changed_with_patience(alice, asset_id, clock, visibility="public").status)

    calls.resume()
    calls.at(call, moment, other)
    answers.append(changed_with_patience(alice, asset_id, clock, visibility="private").status)
    calls.resume()
    pass_minutes(clock, 4)
    assert_read_by_one_rule(s3, alice, asset_id)
    assert set(answers) <= {200, 503}
    assert left(dynamodb, "change#") == []


def test_a_change_of_name_that_is_copying_is_awaited(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """Its copy onto itself would bring public bytes back."""
    asset_id = uploaded(alice, "public")
    calls.resume()
    calls.stop(4, "before")  # the copy
    with pytest.raises(Stopped):
        alice.change(asset_id, filename="new.png")
    calls.resume()
    began = clock.time
    changed_by_a_stubborn_client(alice, asset_id, clock, visibility="private")
    assert clock.time - began >= timedelta(seconds=39)
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"


class HurriedContext(Context):
    """An invocation that is about to end."""

    def get_remaining_time_in_millis(self) -> int:
        return 5000


def test_who_would_wait_too_long_is_told_to_try_again(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    asset_id = uploaded(alice, "public")
    calls.resume()
    calls.stop(4, "before")
    with pytest.raises(Stopped):
        alice.change(asset_id, filename="new.png")
    calls.resume()
    with patch.object(gateway, "Context", HurriedContext):
        answer = alice.change(asset_id, visibility="private")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert alice.metadata(asset_id).json()["visibility"] == "public"
    assert objects(s3) == [asset_id]


# --- Renditions and publications in flight -----------------------------------------------------------------------


def test_a_rendition_that_is_being_made_is_awaited_before_the_answer(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """Its maker has read the public bytes, and stores what it made of them below the public key."""
    asset_id = uploaded(alice, "public")
    answers: list[Answer] = []
    calls.resume()
    # Claimed and read, but not stored: the change waits for as long as it can.
    calls.at(4, "before", lambda: answers.append(changed_with_patience(alice, asset_id, clock, visibility="private")))
    assert viewer.ask(asset_id, "w160.webp").status == 404
    calls.resume()
    assert (answers[0].status, answers[0].detail[:9]) == (503, "The asset")
    # It has promised nothing yet; the bytes are moved already, and what is left is done by asking again.
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"
    changed_by_a_stubborn_client(alice, asset_id, clock, visibility="private")


def test_a_maker_that_died_leaves_nothing_public(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    asset_id = uploaded(alice, "public")
    calls.resume()
    calls.stop(4, "after")  # stored
    with pytest.raises(Stopped):
        viewer.ask(asset_id, "w160.webp")
    calls.resume()
    changed_by_a_stubborn_client(alice, asset_id, clock, visibility="private")
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"
    assert view(s3, signed(alice, asset_id, rendition="w160.webp")).status == 200


@pytest.mark.parametrize(("call", "moment"), moments(6))
@pytest.mark.parametrize("visibility", BOTH)
def test_a_change_between_any_two_calls_of_a_maker_leaves_no_rendition_at_the_wrong_key(
    call: int, moment: Moment, visibility: Visibility, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    asset_id = uploaded(alice, "public" if visibility == "private" else "private")
    url = signed(alice, asset_id, rendition="w160.webp") if visibility == "public" else path(asset_id, "w160.webp")
    calls.resume()
    calls.at(call, moment, lambda: changed_with_patience(alice, asset_id, clock, visibility=visibility))
    view(s3, url)
    calls.resume()
    changed_by_a_stubborn_client(alice, asset_id, clock, visibility=visibility)
    assert assert_read_by_one_rule(s3, alice, asset_id) == visibility


def test_a_signed_url_goes_on_working_when_the_asset_becomes_public(
    alice: Caller, asset_id: str, s3: "S3Client"
) -> None:
    urls = {"": signed(alice, asset_id), "w160.webp": signed(alice, asset_id, rendition="w160.webp")}
    assert alice.change(asset_id, visibility="public").status == 200
    for rendition, url in urls.items():
        answer = view(s3, url)
        assert (answer.status, answer.headers["cache-control"]) == (307, "no-store")
        assert view(s3, answer.headers["location"]).status == 200
        assert answer.headers["location"] == path(asset_id, rendition)


@pytest.mark.parametrize("visibility", BOTH)
@pytest.mark.parametrize(("call", "moment"), moments(5))
def test_a_publication_that_comes_late_leaves_nothing_where_the_asset_was(
    call: int,
    moment: Moment,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    """The event is at work while the client completes the upload and changes its visibility."""
    before = "public" if visibility == "private" else "private"
    form = alice.ask_for_form(filename="image.png", visibility=before).json()
    asset_id = form["asset_id"]
    version_id = post(s3, form["upload"], media.png())

    def complete_and_change() -> None:
        assert alice.complete(asset_id).status == 201
        assert changed_with_patience(alice, asset_id, clock, visibility=visibility).status == 200

    calls.resume()
    calls.at(call, moment, complete_and_change)
    file_arrived(asset_id, version_id)
    calls.resume()
    assert assert_read_by_one_rule(s3, alice, asset_id) == visibility
    pass_minutes(clock, 4)
    assert assert_read_by_one_rule(s3, alice, asset_id) == visibility
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize(("call", "moment"), moments(8, first=4))
def test_a_late_publication_that_dies_is_cleared_up_after(
    call: int, moment: Moment, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    form = alice.ask_for_form(filename="image.png").json()
    asset_id = form["asset_id"]
    version_id = post(s3, form["upload"], media.png())

    def complete_and_change() -> None:
        assert alice.complete(asset_id).status == 201
        assert changed_with_patience(alice, asset_id, clock, visibility="private").status == 200

    calls.resume()
    calls.at(3, "before", complete_and_change)
    calls.stop(call, moment)
    with contextlib.suppress(Stopped):
        file_arrived(asset_id, version_id)
    calls.resume()
    pass_minutes(clock, 4)
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"
    # And the event comes again.
    for again, version in arrived(s3):
        file_arrived(again, version)
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"


# --- Large files, whose copies S3 makes in parts ----------------------------------------------------------------------


@pytest.mark.parametrize(("before", "visibility"), [("public", "private"), ("private", "public")])
def test_a_large_file_moves_in_parts(
    before: Visibility,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    calls: AwsCalls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "REQUEST_MAX_BYTES", 0)
    monkeypatch.setattr(assembly, "COPIED_BYTES", 6 * 1024 * 1024)
    asset_id = uploaded(alice, before)
    data = media.png() + bytes(11 * 1024 * 1024)
    source, target = (
        f"api/v2/assets/{asset_id}{'/private' if each == 'private' else ''}" for each in (before, visibility)
    )
    s3.put_object(Bucket="assets", Key=source, Body=data, ContentType="image/png")
    calls.resume()
    assert alice.change(asset_id, visibility=visibility, filename="new.png").status == 200
    assert calls.made.count("UploadPartCopy") == 2
    assert "CopyObject" not in calls.made
    stored = s3.get_object(Bucket="assets", Key=target)
    assert stored["Body"].read() == data
    assert stored["ContentDisposition"] == 'inline; filename="new.png"'
    assert keys(s3, "assets", "api/v2/assets/") == [target.removeprefix("api/v2/assets/")]
    # Onto itself, with other headers.
    assert alice.change(asset_id, filename="newer.png").status == 200
    stored = s3.get_object(Bucket="assets", Key=target)
    assert (stored["Body"].read(), stored["ContentDisposition"]) == (data, 'inline; filename="newer.png"')


def test_a_large_move_that_dies_leaves_nothing_half_done(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "REQUEST_MAX_BYTES", 0)
    asset_id = uploaded(alice, "public")
    calls.resume()
    calls.refuse("UploadPartCopy", "InternalError", 500, times=10)
    assert alice.change(asset_id, visibility="private").status == 503
    assert "AbortMultipartUpload" in calls.made
    assert s3.list_multipart_uploads(Bucket="assets").get("Uploads", []) == []
    calls.resume()
    calls.refuse("UploadPartCopy", "InternalError", 500, times=0)
    pass_minutes(clock)
    assert assert_read_by_one_rule(s3, alice, asset_id) == "private"


# --- Copies at CloudFront ---------------------------------------------------------------------------------------------


def test_cloudfront_hears_of_a_move_whose_request_gave_up_after_it(
    alice: Caller, dynamodb: "DynamoDBClient", clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    asset_id = uploaded(alice, "public")
    with monkeypatch.context() as busy:
        error = errors.temporarily_unavailable("The asset")
        busy.setattr(placing.Placer, "_await_makers", Mock(side_effect=error))
        assert alice.change(asset_id, visibility="private").status == 503
    pass_minutes(clock, 1)
    items = dynamodb.scan(TableName="assets")["Items"]
    (item,) = (item for item in items if item["sk"]["S"] == f"change#{asset_id}")
    assert item["applied"]["S"]


def test_a_thumbnail_and_an_input_are_signed_no_longer_than_the_asset_lives(alice: Caller, clock: "Clock") -> None:
    expiry = int((clock.time + timedelta(seconds=120)).timestamp())
    asset_id = uploaded(alice, expires_in="120")
    assert f"expires={expiry}&" in alice.metadata(asset_id).json()["thumbnail_url"]


def test_a_signed_url_is_taken_in_any_order_as_the_edge_takes_it(alice: Caller, asset_id: str, clock: "Clock") -> None:
    url = urlsplit(signed(alice, asset_id))
    signer = assets.url_signer()
    assert signer.verifies(url, clock.time)
    assert signer.verifies(url._replace(query="&".join(reversed(url.query.split("&")))), clock.time)
    assert not signer.verifies(url._replace(query=f"{url.query}&a=b"), clock.time)
