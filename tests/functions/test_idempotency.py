"""Idempotency keys: one response and one asset for repeated and concurrent requests."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests import media
from tests.functions.gateway import Caller
from tests.functions.triggers import listed, post, public

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

REUSED = "This Idempotency-Key was already used with another body: send a new key, or the original body"


def test_the_same_key_and_file_give_one_asset_and_the_same_response(alice: Caller) -> None:
    first, second = (alice.upload("a.png", media.png(), key="k") for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert first.headers["location"] == second.headers["location"]
    assert len(alice.list().json()["assets"]) == 1


def test_the_same_key_and_request_give_the_same_form(alice: Caller, clock: "Clock") -> None:
    first = alice.ask_for_form(key="k", filename="a.mp4", size_bytes=5)
    clock.advance(600)
    assert alice.ask_for_form(key="k", filename="a.mp4", size_bytes=5).body == first.body


def test_without_a_key_each_request_is_separate(alice: Caller) -> None:
    ids = {alice.upload("a.png", media.png()).json()["asset_id"] for _ in range(3)}
    assert len(ids) == 3


def test_another_body_with_the_key_is_a_409(alice: Caller) -> None:
    alice.upload("a.png", media.png(), key="k")
    refused = [
        alice.upload("b.png", media.png(), key="k"),
        alice.upload("a.png", media.png(8, 8), key="k"),
        alice.ask_for_form(key="k", filename="a.png"),
    ]
    assert [(response.status, response.detail) for response in refused] == [(409, REUSED)] * 3


@pytest.mark.parametrize("change", [{"filename": "b.mp4"}, {"size_bytes": 6}, {"sha256": "0" * 64}])
def test_another_form_with_the_key_is_a_409(change: dict[str, object], alice: Caller) -> None:
    alice.ask_for_form(key="k", filename="a.mp4", size_bytes=5)
    response = alice.ask_for_form(key="k", **{"filename": "a.mp4", "size_bytes": 5} | change)
    assert (response.status, response.detail) == (409, REUSED)


def test_keys_of_different_owners_are_independent(alice: Caller, bob: Caller) -> None:
    mine, theirs = (caller.upload("a.png", media.png(), key="k").json()["asset_id"] for caller in (alice, bob))
    assert mine != theirs


def test_a_replay_does_not_count_and_succeeds_at_the_limit(alice: Caller) -> None:
    first = alice.upload("a.png", media.png(), key="k")
    for _ in range(5):
        assert alice.upload("a.png", media.png(), key="k").body == first.body
    assert [alice.ask_for_form(filename="a.mp4").status for _ in range(10)] == [201] * 9 + [429]
    replay = alice.upload("a.png", media.png(), key="k")
    assert (replay.status, replay.body) == (201, first.body)


def test_a_key_refused_at_the_limit_works_later(alice: Caller, clock: "Clock") -> None:
    for _ in range(10):
        alice.ask_for_form(filename="a.mp4")
    assert alice.upload("a.png", media.png(), key="k").status == 429
    clock.advance(60)
    assert alice.upload("a.png", media.png(), key="k").status == 201


def test_a_form_that_has_expired_is_renewed_for_the_same_asset(alice: Caller, clock: "Clock", s3: "S3Client") -> None:
    first = alice.ask_for_form(key="k", filename="a.png").json()
    clock.advance(900)
    renewed = alice.ask_for_form(key="k", filename="a.png").json()
    assert renewed["asset_id"] == first["asset_id"]
    assert renewed["upload"]["expires_at"] > first["upload"]["expires_at"]
    assert alice.ask_for_form(key="k", filename="a.png").json() == renewed
    post(s3, renewed["upload"], media.png())
    assert alice.complete(first["asset_id"]).status == 201


def test_a_form_renewed_for_an_asset_that_is_published_changes_nothing(
    alice: Caller, clock: "Clock", s3: "S3Client"
) -> None:
    first = alice.ask_for_form(key="k", filename="a.png").json()
    post(s3, first["upload"], media.png())
    published = alice.complete(first["asset_id"])
    clock.advance(900)
    renewed = alice.ask_for_form(key="k", filename="a.png").json()
    post(s3, renewed["upload"], media.png(8, 8))
    assert alice.complete(first["asset_id"]).body == published.body


def test_a_key_can_be_reused_after_a_day(alice: Caller, clock: "Clock") -> None:
    first = alice.upload("a.png", media.png(), key="k").json()["asset_id"]
    clock.advance(24 * 3600 - 1)
    assert alice.upload("a.png", media.png(), key="k").json()["asset_id"] == first
    clock.advance(1)
    assert alice.upload("b.png", media.png(), key="k").json()["asset_id"] != first


def test_a_replay_after_a_delete_restores_nothing(alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    first = alice.upload("a.png", media.png(), key="k")
    alice.delete(first.json()["asset_id"])
    assert alice.upload("a.png", media.png(), key="k").body == first.body
    assert listed(dynamodb) == public(s3) == []


@pytest.mark.parametrize("key", ["\udcff", "\x00", "a, b", "ü" * 255])
def test_a_key_may_have_any_characters(key: str, alice: Caller) -> None:
    first, second = (alice.ask_for_form(key=key, filename="a.png") for _ in range(2))
    assert (first.status, second.body) == (201, first.body)


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_invalid_key_is_a_422(key: str, alice: Caller) -> None:
    headers = {"content-type": "application/json", "idempotency-key": key}
    response = alice.request("POST", "/api/v2/upload-asset", body=b'{"filename": "a.mp4"}', headers=headers)
    assert (response.status, response.detail) == (422, "Idempotency-Key: must have 1 to 255 characters")


@pytest.mark.usefixtures("one_call_at_a_time")
def test_twenty_concurrent_uploads_make_one_asset(alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    with ThreadPoolExecutor(20) as threads:
        responses = list(threads.map(lambda _: alice.upload("a.png", media.png(), key="k"), range(20)))
    assert {response.status for response in responses} == {201}
    assert len({response.body for response in responses}) == 1
    assert listed(dynamodb) == public(s3) == [responses[0].json()["asset_id"]]
    assert alice.ask_for_form(filename="a.mp4").headers["ratelimit"].startswith('"uploads";r=8;')


@pytest.mark.usefixtures("one_call_at_a_time")
def test_twenty_concurrent_requests_get_one_form(alice: Caller) -> None:
    with ThreadPoolExecutor(20) as threads:
        responses = list(threads.map(lambda _: alice.ask_for_form(key="k", filename="a.mp4"), range(20)))
    assert len({response.body for response in responses}) == 1
