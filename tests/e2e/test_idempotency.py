"""The same Idempotency-Key and body give the same response and one asset."""

from concurrent.futures import ThreadPoolExecutor

from tests import media
from tests.e2e.client import Caller, refused, succeeded


def test_ten_concurrent_form_requests_with_one_key_get_one_form(alice: Caller) -> None:
    with ThreadPoolExecutor(10) as pool:
        responses = list(pool.map(lambda _: alice.ask_for_form("clip.mp4", key="once", size_bytes=9), range(10)))
    bodies = [succeeded(response, 201) for response in responses]
    assert all(body == bodies[0] for body in bodies)
    assert alice.ask_for_form("clip.mp4").headers["ratelimit"].startswith('"uploads";r=8;')


def test_ten_concurrent_uploads_with_one_key_make_one_asset(alice: Caller) -> None:
    with ThreadPoolExecutor(10) as pool:
        responses = list(pool.map(lambda _: alice.upload("image.png", media.png(), key="once"), range(10)))
    bodies = [succeeded(response, 201) for response in responses]
    assert all(body == bodies[0] for body in bodies)
    assert alice.listed_ids() == [bodies[0]["asset_id"]]


def test_a_replay_succeeds_at_the_limit_and_does_not_count(alice: Caller) -> None:
    form = succeeded(alice.ask_for_form("clip.mp4", key="form"), 201)
    file = succeeded(alice.upload("image.png", media.png(), key="file"), 201)
    for _ in range(8):
        succeeded(alice.ask_for_form("clip.mp4"), 201)
    refused(alice.ask_for_form("clip.mp4"), 429)
    assert succeeded(alice.ask_for_form("clip.mp4", key="form"), 201) == form
    assert succeeded(alice.upload("image.png", media.png(), key="file"), 201) == file


def test_a_key_can_be_reused_after_a_refusal(alice: Caller) -> None:
    refused(alice.upload("image.png", media.gif(), key="once"), 400)
    succeeded(alice.upload("image.png", media.png(), key="once"), 201)


def test_a_key_with_another_body_is_a_conflict(alice: Caller) -> None:
    succeeded(alice.ask_for_form("clip.mp4", key="form", size_bytes=9), 201)
    succeeded(alice.upload("image.png", media.png(), key="file"), 201)
    others = (
        alice.ask_for_form("other.mp4", key="form", size_bytes=9),
        alice.ask_for_form("clip.mp4", key="form", size_bytes=10),
        alice.ask_for_form("clip.mp4", key="form"),
        alice.upload("image.png", media.png(), key="form"),
        alice.upload("image.png", media.png(32, 32), key="file"),
        alice.upload("other.png", media.png(), key="file"),
    )
    for response in others:
        assert refused(response, 409).startswith("This Idempotency-Key was already used with another body: send")
    assert len(alice.listed_ids()) == 1


def test_each_owner_has_separate_keys(alice: Caller, bob: Caller) -> None:
    first = succeeded(alice.ask_for_form("clip.mp4", key="once"), 201)
    assert succeeded(bob.ask_for_form("clip.mp4", key="once"), 201)["asset_id"] != first["asset_id"]


def test_a_key_that_is_too_long_is_refused(alice: Caller) -> None:
    assert refused(alice.ask_for_form("clip.mp4", key="k" * 256), 422).startswith("Idempotency-Key: ")
    succeeded(alice.ask_for_form("clip.mp4", key="k" * 255), 201)
