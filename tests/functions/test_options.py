"""Options of an upload: the same for every kind of upload, stored with the bytes, and never lost in a crash."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.assets import filenames
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import Caller
from tests.functions.test_upload_form import policy_of
from tests.functions.triggers import file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

# Decomposed, and in its normalized form.
SENT, COMPARED = ["cafe\u0301", "album:2025", "album:2025"], ["caf\u00e9", "album:2025"]


def shown_after(clock: "Clock", seconds: int) -> str:
    return (clock.time + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat(timespec="seconds")


def test_a_form_pins_the_options(alice: Caller) -> None:
    form = alice.ask_for_form(filename="clip.mp4", expires_in=3600, tags=SENT).json()["upload"]
    pinned = {"x-amz-meta-expires-in": "3600", "x-amz-meta-tags": filenames.to_metadata("\n".join(COMPARED))}
    assert {name: form["fields"][name] for name in pinned} == pinned
    conditions = policy_of(form)["conditions"]
    assert all({name: value} in conditions for name, value in pinned.items())


def test_a_form_without_options_is_unchanged(alice: Caller) -> None:
    fields = alice.ask_for_form(filename="clip.mp4", visibility="public", tags=[]).json()["upload"]["fields"]
    assert [name for name in fields if name.startswith("x-amz-meta-")] == ["x-amz-meta-owner", "x-amz-meta-filename"]


@pytest.mark.parametrize("by_event", [False, True])
def test_a_file_posted_with_a_form_has_its_options(
    by_event: bool, alice: Caller, s3: "S3Client", clock: "Clock"
) -> None:
    body = alice.ask_for_form(filename="clip.mp4", expires_in=3600, tags=SENT).json()
    post(s3, body["upload"], media.mp4())
    clock.advance(600)
    if by_event:
        file_arrived(body["asset_id"])
    else:
        assert alice.complete(body["asset_id"]).json()["tags"] == COMPARED
    asset = alice.metadata(body["asset_id"]).json()
    # From the publication, not from the request.
    assert (asset["tags"], asset["expires_at"], asset["visibility"]) == (COMPARED, shown_after(clock, 3600), "public")


def test_a_direct_upload_has_the_options_in_its_form_fields(alice: Caller, clock: "Clock") -> None:
    response = alice.upload("image.png", media.png(), expires_in="60", tags=SENT, visibility="public")
    assert response.status == 201, response.body
    asset = alice.metadata(response.json()["asset_id"]).json()
    assert (asset["tags"], asset["expires_at"]) == (COMPARED, shown_after(clock, 60))


def test_the_default_expiry_applies_to_requests_without_one(
    alice: Caller, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, default_expiry_seconds=86400)
    for options, seconds in (({}, 86400), ({"expires_in": "60"}, 60)):
        asset_id = alice.upload("image.png", media.png(), **options).json()["asset_id"]
        assert alice.metadata(asset_id).json()["expires_at"] == shown_after(clock, seconds)


INVALID: list[tuple[str, Any, str]] = [
    ("expires_in", 59, "must be an integer from 60 to 31536000"),
    ("expires_in", 31_536_001, "must be an integer from 60 to 31536000"),
    ("tags", ["x"] * 11, "must be a list of at most 10"),
    ("tags", ["x" * 65], "must have 1 to 64 characters each"),
    ("tags", [""], "must have 1 to 64 characters each"),
    ("tags", ["a,b"], "may contain letters, digits, spaces and . _ : / - only"),
    ("tags", ["a#b"], "may contain letters"),
    ("tags", ["\U0001f600"], "may contain letters"),
    ("visibility", "secret", "must be public or private"),
    ("visibility", "Private", "must be public or private"),
]


@pytest.mark.parametrize(("name", "value", "why"), INVALID)
def test_an_invalid_option_is_named_for_every_kind_of_upload(
    name: str, value: Any, why: str, alice: Caller, calls: AwsCalls
) -> None:
    calls.resume()
    sent = [alice.ask_for_form(filename="image.png", **{name: value})]
    sent.append(alice.upload("image.png", media.png(), **{name: value if name == "tags" else str(value)}))
    for response in sent:
        assert response.status == 422
        assert response.detail.startswith(f"{name}: {why}")
    assert calls.made == []


@pytest.mark.parametrize("value", ["3600", 60.5, True, [60]])
def test_seconds_in_json_are_numbers(value: Any, alice: Caller) -> None:
    response = alice.ask_for_form(filename="image.png", expires_in=value)
    assert response.status == 422
    assert response.detail.startswith("expires_in: ")


@pytest.mark.parametrize("value", ["", " 60", "6e1", "\u0666\u0660", "9" * 5000])
def test_seconds_in_a_form_field_are_ascii_digits(value: str, alice: Caller) -> None:
    response = alice.upload("image.png", media.png(), expires_in=value)
    assert response.status == 422
    assert response.detail.startswith("expires_in: ")


def test_single_valued_form_fields_must_not_be_repeated(alice: Caller) -> None:
    response = alice.upload("image.png", media.png(), expires_in=["60", "61"])
    assert (response.status, response.detail) == (422, "expires_in: must be sent only once")


def test_tags_that_exceed_s3s_metadata_are_refused_without_counting(alice: Caller, calls: AwsCalls) -> None:
    calls.resume()
    tags = [chr(0x4E00 + number) * 64 for number in range(10)]
    for response in (
        alice.ask_for_form(filename="image.png", tags=tags),
        alice.upload("i.png", media.png(), tags=tags),
    ):
        assert response.status == 422
        assert response.detail.startswith("tags: are too long")
    assert calls.made == []


def test_the_longest_ascii_tags_fit_beside_a_name_of_a_hundred_characters() -> None:
    tags = [f"{number:064}" for number in range(10)]
    owner = Caller("o" * 255)
    response = owner.upload("n" * 96 + ".png", media.png(), tags=tags)
    assert response.status == 201, response.body
    assert owner.metadata(response.json()["asset_id"]).json()["tags"] == tags


def test_an_idempotency_key_covers_the_options(alice: Caller) -> None:
    first = alice.ask_for_form(key="k", filename="clip.mp4", tags=["a"])
    assert alice.ask_for_form(key="k", filename="clip.mp4", tags=["a"]).body == first.body
    assert alice.ask_for_form(key="k", filename="clip.mp4", tags=["b"]).status == 409
    assert alice.ask_for_form(key="k", filename="clip.mp4").status == 409


def test_the_listed_expiry_is_that_of_the_public_bytes(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    body = alice.ask_for_form(filename="image.png", expires_in=3600, tags=["a"]).json()
    post(s3, body["upload"], media.png())
    with calls.stopped_at(3, "after"):
        alice.complete(body["asset_id"])
    expected = shown_after(clock, 3600)
    clock.advance(600)
    # moto, unlike AWS, would copy again.
    calls.refuse("CopyObject", "PreconditionFailed", 412)
    file_arrived(body["asset_id"])
    asset = alice.metadata(body["asset_id"]).json()
    assert (asset["expires_at"], asset["tags"]) == (expected, ["a"])


def test_the_headers_of_an_expiring_asset_end_with_it(
    alice: Caller, s3: "S3Client", clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds, cache_control in (
        (31536000, "public, must-revalidate"),
        (300, "public, must-revalidate, s-maxage=30"),
    ):
        configure(monkeypatch, cdn_lifetime_seconds=seconds)
        for data in (media.png(), media.jpeg(exif=True)):
            name = "image.png" if data == media.png() else "image.jpg"
            asset_id = alice.upload(name, data, expires_in="3600").json()["asset_id"]
            head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
            assert head["CacheControl"] == cache_control
            assert head["Expires"] == clock.time.replace(microsecond=0) + timedelta(hours=1)


def test_an_asset_disappears_at_the_second_of_its_expiry(alice: Caller, clock: "Clock") -> None:
    kept = alice.upload("image.png", media.png(), tags=["t"]).json()["asset_id"]
    clock.advance(1)
    expiring = alice.upload("image.png", media.png(), expires_in="60", tags=["t"]).json()["asset_id"]
    clock.advance(59)
    assert [asset["asset_id"] for asset in alice.list(tag="t").json()["assets"]] == [expiring, kept]
    assert alice.metadata(expiring).status == 200
    clock.advance(1)
    for query in ({}, {"tag": "t"}, {"q": "image"}, {"file_type": "image"}):
        assert [asset["asset_id"] for asset in alice.list(**query).json()["assets"]] == [kept], query
        assert alice.list(offset=1, **query).json()["assets"] == []
    assert alice.metadata(expiring).status == 404
    assert alice.complete(expiring).status == 404
    assert alice.delete(expiring).status == 404


def test_a_page_is_filled_up_after_expired_assets(alice: Caller, clock: "Clock") -> None:
    ids = []
    for _ in range(3):
        clock.advance(1)
        ids.append(alice.upload("image.png", media.png()).json()["asset_id"])
    for _ in range(4):
        clock.advance(1)
        alice.upload("image.png", media.png(), expires_in="60")
    clock.advance(600)
    page = alice.list(limit=2).json()
    assert [asset["asset_id"] for asset in page["assets"]] == ids[:0:-1]
    last = alice.list(limit=2, cursor=page["next_cursor"]).json()
    assert [asset["asset_id"] for asset in last["assets"]] == ids[:1]
    assert last["next_cursor"] is None
    assert [asset["asset_id"] for asset in alice.list(limit=1, offset=2).json()["assets"]] == ids[:1]


def test_a_body_that_is_not_an_object_is_a_422(alice: Caller) -> None:
    response = alice.request(
        "POST", "/api/v2/upload-asset", body=json.dumps(["tags"]).encode(), headers={"content-type": "application/json"}
    )
    assert response.status == 422
