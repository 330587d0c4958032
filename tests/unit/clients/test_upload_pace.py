"""The pace of the Python client's uploads: as fast as the service's limit, and no faster."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from asset_upload_client import AssetClient, NamedFile, Wait
from asset_upload_client.pacing import LONGEST_WINDOW_SECONDS, UploadPace
from tests import media
from tests.unit.clients.scripted_service import ASSET, BASE, PATIENT, UPLOADED, Operation, ok
from tests.unit.clients.upload_limit_simulation import WINDOW, Clock, Service, Simulation, stated


def quickly(random: Any) -> float:
    latency: float = random.uniform(0.01, 0.3)
    return latency


def burst(pace: UploadPace, headers: Callable[[int], Mapping[str, str]], most: int = 2000) -> int:
    """Send uploads one after the other until the pace makes them wait; return their number."""
    for sent in range(most):
        key = f"{id(headers)} {sent}"
        if pace.take(key):
            return sent
        pace.responded(key, 201, headers(sent + 1), None)
    return most


@pytest.mark.parametrize("workers", [1, 4, 16])
@pytest.mark.parametrize("quota", [1, 3, 10, 100])
def test_a_client_uses_the_whole_quota_and_is_never_refused(quota: int, workers: int) -> None:
    uploads = 2 * quota + 2
    service = Service(quota)
    seconds = Simulation(service, 1, workers, uploads, quickly).seconds()
    assert service.refused == 0
    # A slot is free a window after its response, and a worker needs 0.3 s per upload.
    windows = (uploads - 1) // quota
    slowest = windows * (WINDOW + 0.7) + 0.6 * min(uploads, quota) / workers + 1.3
    assert seconds <= slowest


def test_without_headers_the_pace_is_ten_a_minute() -> None:
    service = Service(10, states_limit=False)
    assert Simulation(service, 1, 4, 22, quickly).seconds() <= 2 * (WINDOW + 0.7) + 2
    assert service.refused == 0


@pytest.mark.parametrize("quota", [3, 10, 100])
def test_clients_of_one_owner_share_the_quota_with_few_refusals(quota: int) -> None:
    uploads = quota + 1
    for seed in range(3):
        service = Service(quota)
        seconds = Simulation(service, 2, 4, uploads, quickly, seed).seconds()
        assert seconds <= 2 * (WINDOW + 1) + 15
        # A refusal costs a round trip. Neither client can know what the other one is sending at this moment.
        assert service.refused <= 8 + 0.2 * uploads


def test_the_first_request_goes_alone_and_its_response_tells_the_quota() -> None:
    pace = UploadPace(Clock())
    assert pace.take("first") == 0
    assert 0 < pace.take("second") < 1
    pace.responded("first", 201, stated(100, 99, 60), None)
    assert burst(pace, lambda sent: stated(100, 99 - sent, 60)) == 99


def test_the_first_request_stops_no_other_for_longer_than_its_first_attempt() -> None:
    pace = UploadPace(Clock())
    assert pace.take("first") == 0
    pace.responded("first", None, {}, None)
    assert pace.take("first") == 0
    assert pace.take("second") == 0


def test_another_quota_is_followed() -> None:
    pace = UploadPace(Clock())
    assert burst(pace, lambda sent: stated(20 if sent < 5 else 6, 20 if sent < 5 else 6 - sent, 60)) == 6


def test_uploads_of_the_owners_other_clients_count() -> None:
    clock = Clock()
    pace = UploadPace(clock)
    assert pace.take("a") == 0
    pace.responded("a", 201, stated(10, 2, 33), None)
    assert [pace.take("b"), pace.take("c")] == [0, 0]
    assert 0 < pace.take("d") < 1  # b and c may be the last ones
    pace.responded("b", 201, stated(10, 0, 33), None)
    pace.responded("c", 201, stated(10, 0, 33), None)
    assert pace.take("d") == 33
    clock.now = 33
    assert pace.take("d") == 0
    assert pace.take("e") > 0  # one is free now; no others are known to be
    pace.responded("d", 201, stated(10, 3, 60), None)
    assert [pace.take(key) for key in "efg"] == [0, 0, 0]
    assert pace.take("h") > 0


def test_a_refused_upload_does_not_count_and_all_wait_as_the_response_says() -> None:
    clock = Clock()
    pace = UploadPace(clock)
    assert pace.take("a") == 0
    pace.responded("a", 429, {"RateLimit-Policy": '"uploads";q=1;w=60'}, 7.0)
    assert pace.take("b") == 7
    clock.now = 7
    assert pace.take("b") == 0


@pytest.mark.parametrize("status", [401, 429])
def test_uploads_that_the_service_does_not_count_use_up_nothing(status: int) -> None:
    pace = UploadPace(Clock())
    for number in range(30):
        assert pace.take(f"{number}") == 0
        pace.responded(f"{number}", status, {}, None)


def test_the_limit_of_jobs_in_flight_is_not_that_of_uploads() -> None:
    pace = UploadPace(Clock())
    assert pace.take("import") == 0
    jobs = {"RateLimit-Policy": '"jobs-in-flight";q=10', "RateLimit": '"jobs-in-flight";r=0;t=50'}
    pace.responded("import", 429, jobs, 50.0)
    assert burst(pace, lambda _: {}) == 9  # the import was counted


@pytest.mark.parametrize("status", [None, 503])
def test_another_attempt_of_an_upload_keeps_its_slot(status: int | None) -> None:
    pace = UploadPace(Clock())
    for _ in range(30):
        assert pace.take("lost") == 0
        pace.responded("lost", status, {}, None)
    assert burst(pace, lambda _: {}) == 9


ABSURD = {
    "no numbers": ('"uploads";q=many;w=soon', '"uploads";r=;t'),
    "zeros": ('"uploads";q=0;w=0', '"uploads";r=0;t=0'),
    "negative": ('"uploads";q=-1;w=-60', '"uploads";r=-1;t=-1'),
    "fractions": ('"uploads";q=1.5;w=0.1', '"uploads";r=0.5;t=1e9'),
    "huge": ('"uploads";q=999999999999999;w=999999999999999', '"uploads";r=0;t=999999999999999'),
    "longer than any number": ('"uploads";q=' + "9" * 5000, '"uploads";r=0;t=' + "9" * 5000),
    "digits of other scripts": ('"uploads";q=٣;w=٣', '"uploads";r=٣;t=³'),
    "other limits": ('"default";q=1;w=3600', '"default";r=0;t=3600'),
    "garbage": ('\0;;;,""=', '"uploads";;;;"uploads'),
    "repetitive": ('"uploads"' + "; a" * 10_000 + "!", '"' * 30_001),
}


@pytest.mark.parametrize("name", ABSURD)
def test_absurd_headers_neither_break_uploads_nor_stop_them(name: str) -> None:
    policy, current = ABSURD[name]
    clock = Clock()
    pace = UploadPace(clock)
    sent = 0
    for step in range(5):
        sent += burst(pace, lambda _: {"RateLimit-Policy": policy, "RateLimit": current}, 20)
        wait = pace.take(f"probe {step}")
        assert 0 <= wait <= LONGEST_WINDOW_SECONDS
        clock.now += wait
    assert sent >= 4


def test_several_limits_in_one_header_are_told_apart() -> None:
    headers = {
        "RateLimit-Policy": '"burst";q=1;w=1, "uploads" ; w=60 ;q=30;pk=:YQ==:',
        "RateLimit": '"burst";r=0;t=1, "uploads";t=60;r=29',
    }
    assert burst(UploadPace(Clock()), lambda _: headers) == 30


def test_sixty_files_upload_without_a_pause_if_the_limit_is_a_hundred(call: Operation) -> None:
    answered = itertools.count(1)

    def service(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return ok(ASSET | {"size_bytes": len(media.png())})
        response = ok(UPLOADED, 201)
        response.headers.update(stated(100, 100 - next(answered), 60))
        return response

    files = [NamedFile(media.png(), f"{number}.png") for number in range(60)]
    assert all(outcome.answer for outcome in call(service, "upload_many", files))


def test_the_pause_for_the_limit_is_reported() -> None:
    waits: list[Wait] = []

    class EnoughError(Exception):
        pass

    def on_wait(wait: Wait) -> None:
        waits.append(wait)
        raise EnoughError

    def service(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return ok(ASSET | {"size_bytes": len(media.png())})
        return httpx.Response(201, json=UPLOADED, headers=stated(9, 0, 33))

    with AssetClient(BASE, "t", retries=PATIENT, transport=httpx.MockTransport(service), on_wait=on_wait) as client:
        client.upload(media.png(), filename="a.png")
        with pytest.raises(EnoughError):
            client.upload(media.png(), filename="b.png")
    assert [wait.reason for wait in waits] == ["for the upload rate limit"]
    assert 0 < waits[0].seconds <= 33
