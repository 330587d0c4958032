"""At most ten uploads per owner in any 60 seconds."""

import re
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests import media
from tests.e2e.client import Caller, refused, succeeded

POLICY = '"uploads";q=10;w=60'


def test_the_eleventh_upload_in_a_minute_is_refused(alice: Caller, bob: Caller) -> None:
    for number in range(10):
        response = alice.ask_for_form("clip.mp4") if number % 2 else alice.upload("image.png", media.png())
        succeeded(response, 201)
        assert response.headers["ratelimit-policy"] == POLICY
        assert_remaining(response, 9 - number)
    for response in (alice.ask_for_form("clip.mp4"), alice.upload("image.png", media.png())):
        assert refused(response, 429) == "Too many requests"
        assert response.headers["ratelimit-policy"] == POLICY
        assert_remaining(response, 0)
        # Both count the seconds until the first of the ten is a minute old.
        assert response.headers["ratelimit"] == f'"uploads";r=0;t={response.headers["retry-after"]}'
        assert 1 <= int(response.headers["retry-after"]) <= 60
    assert len(alice.listed_ids()) == 5
    response = bob.upload("image.png", media.png())
    succeeded(response, 201)
    assert_remaining(response, 9)


def test_only_uploads_count(alice: Caller) -> None:
    asset_id = alice.arrived("image.png", media.png())["asset_id"]
    for _ in range(12):
        succeeded(alice.complete(asset_id), 201)
    response = alice.ask_for_form("image.png")
    succeeded(response, 201)
    assert_remaining(response, 8)


def test_a_delete_does_not_restore_an_upload(alice: Caller) -> None:
    succeeded(alice.delete(alice.uploaded("image.png", media.png())["asset_id"]), 200)
    assert_remaining(alice.ask_for_form("image.png"), 8)


def test_exactly_ten_of_twenty_concurrent_uploads_pass(alice: Caller) -> None:
    def ask(_: int) -> httpx.Response:
        # Under contention, some may be told to try again.
        while (response := alice.ask_for_form("clip.mp4")).status_code == 503:
            assert response.headers["retry-after"]
        return response

    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(ask, range(20)))
    assert sorted(response.status_code for response in responses) == [201] * 10 + [429] * 10
    assert len({response.json()["asset_id"] for response in responses if response.status_code == 201}) == 10
    assert {refused(response, 429) for response in responses if response.status_code == 429} == {"Too many requests"}


def assert_remaining(response: httpx.Response, remaining: int) -> None:
    assert re.fullmatch(rf'"uploads";r={remaining};t=[1-9][0-9]?', response.headers["ratelimit"])
