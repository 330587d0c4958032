"""Ten uploads in any sixty seconds, exactly, for each owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asset_api.platform import aws
from asset_api.platform.rate_limits import UPLOADS, RateLimiter
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.clock import Clock
from tests.functions.conftest import configure
from tests.functions.gateway import Caller, Response
from tests.refusals import refusal_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

POLICY = '"uploads";q=10;w=60'
START = datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC)


def ask(caller: Caller) -> Response:
    return caller.ask_for_form(filename="clip.mp4")


def test_the_eleventh_upload_in_a_minute_is_refused(alice: Caller, clock: Clock) -> None:
    assert [ask(alice).status for _ in range(10)] == [201] * 10
    clock.advance(12)
    response = ask(alice)
    assert response.status == 429
    assert response.detail == "Too many requests"
    assert response.headers["retry-after"] == "48"
    assert response.headers["ratelimit"] == '"uploads";r=0;t=48'
    assert response.headers["ratelimit-policy"] == POLICY


def test_responses_state_the_remaining_requests(alice: Caller, clock: Clock) -> None:
    stated = []
    for _ in range(10):
        response = ask(alice)
        assert response.headers["ratelimit-policy"] == POLICY
        stated.append(response.headers["ratelimit"])
        clock.advance(1)
    assert stated == [f'"uploads";r={9 - made};t={60 - made}' for made in range(10)]


def test_waiting_for_retry_after_is_long_enough(alice: Caller, clock: Clock) -> None:
    for _ in range(10):
        ask(alice)
        clock.advance(0.731)
    clock.advance(float(ask(alice).headers["retry-after"]))
    assert ask(alice).status == 201


def test_the_window_slides(alice: Caller, clock: Clock) -> None:
    for _ in range(10):
        assert ask(alice).status == 201
        clock.advance(6)  # the first of them is exactly a minute old
    for _ in range(5):
        assert ask(alice).status == 201
        assert ask(alice).status == 429
        clock.advance(6)


def test_a_millisecond_too_early_is_refused(alice: Caller, clock: Clock) -> None:
    clock.time = START
    for _ in range(10):
        ask(alice)
    clock.advance(59.999)
    assert (ask(alice).status, ask(alice).headers["retry-after"]) == (429, "1")
    clock.advance(0.001)
    assert ask(alice).status == 201


def test_direct_uploads_and_forms_count_together(alice: Caller) -> None:
    for _ in range(5):
        assert ask(alice).status == 201
        assert alice.upload("a.png", media.png()).status == 201
    response = alice.upload("a.png", media.png())
    assert (response.status, response.detail) == (429, "Too many requests")
    assert len(alice.list().json()["assets"]) == 5


def test_each_owner_has_a_limit_of_their_own(alice: Caller, bob: Caller) -> None:
    for _ in range(11):
        ask(alice)
    assert ask(bob).status == 201


def test_refused_uploads_do_not_count(alice: Caller) -> None:
    for _ in range(6):
        alice.ask_for_form(filename="clip.exe")
        alice.upload("a.png", b"")
    assert [ask(alice).status for _ in range(10)] == [201] * 10


def test_lists_and_completions_do_not_count(alice: Caller) -> None:
    for _ in range(11):
        alice.list()
        alice.complete("none")
    assert ask(alice).headers["ratelimit"].startswith('"uploads";r=9;')


@pytest.mark.usefixtures("one_call_at_a_time")
def test_exactly_ten_of_thirty_concurrent_requests_are_admitted(alice: Caller) -> None:
    with ThreadPoolExecutor(30) as threads:
        statuses = list(threads.map(lambda _: ask(alice).status, range(30)))
    assert sorted(statuses) == [201] * 10 + [429] * 20


@pytest.mark.usefixtures("one_call_at_a_time")
def test_a_configured_limit_is_exact_and_stated(alice: Caller, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, uploads_per_minute=25, generations_per_minute=1)
    with ThreadPoolExecutor(30) as threads:
        responses = list(threads.map(lambda _: ask(alice), range(40)))
    assert sorted(response.status for response in responses) == [201] * 25 + [429] * 15
    assert {response.headers["ratelimit-policy"] for response in responses} == {'"uploads";q=25;w=60'}
    clock.advance(60)
    assert ask(alice).headers["ratelimit"] == '"uploads";r=24;t=60'


def test_long_lists_are_trimmed(alice: Caller, clock: Clock, calls: AwsCalls, dynamodb: "DynamoDBClient") -> None:
    """The list of every third minute is never the one to be removed, so after four bursts it is longer than three."""
    for _ in range(4):
        assert [ask(alice).status for _ in range(11)] == [201] * 10 + [429]
        clock.advance(180)
    assert calls.made == ["UpdateItem"] * 45
    (item,) = dynamodb.scan(TableName="requests")["Items"]
    assert max(len(value["L"]) for value in item.values() if "L" in value) < 20


def test_clock_differences_admit_no_more_requests(dynamodb: "DynamoDBClient") -> None:
    """Clocks up to three seconds apart: a slow clock uses the newest recorded time."""
    clocks = [Clock(START) for _ in range(4)]
    for skew, clock in enumerate(clocks):
        clock.advance(skew)
    limiters = [RateLimiter(UPLOADS, 10, dynamodb, "requests", clock) for clock in reversed(clocks)]
    refusals = [refusal_of(partial(limiters[each % 4].admit, "alice", str(each))) for each in range(24)]
    assert [refusal and refusal.status for refusal in refusals] == [None] * 10 + [429] * 14


def test_a_repeated_call_is_counted_once(alice: Caller, clock: Clock, calls: AwsCalls) -> None:
    """The SDK repeats a call whose response was lost."""
    limiter = RateLimiter(UPLOADS, 10, aws.dynamodb(), "requests", clock)
    assert limiter.admit("alice", "asset-1") == limiter.admit("alice", "asset-1")
    assert calls.made == ["UpdateItem", "UpdateItem"]
    assert ask(alice).headers["ratelimit"].startswith('"uploads";r=8;')


def test_the_limits_item_expires(alice: Caller, clock: Clock, dynamodb: "DynamoDBClient") -> None:
    ask(alice)
    (item,) = dynamodb.scan(TableName="requests")["Items"]
    assert int(item["expires_at"]["N"]) == int(clock().timestamp()) + 3600


_owners = count()


@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps_ms=st.lists(st.one_of(st.integers(0, 5), st.integers(0, 9_000), st.just(60_000)), min_size=11, max_size=16))
def test_the_limit_is_exact_for_any_times(gaps_ms: list[int], dynamodb: "DynamoDBClient") -> None:
    """Repeat the unit tests with DynamoDB expressions evaluated by moto, which is slow."""
    owner, clock, admitted, now_ms = f"owner-{next(_owners)}", Clock(START), list[int](), 0
    limiter = RateLimiter(UPLOADS, 10, dynamodb, "requests", clock)
    for number, gap_ms in enumerate(gaps_ms):
        clock.advance(gap_ms / 1000)
        now_ms += gap_ms
        is_free = sum(time > now_ms - 60_000 for time in admitted) < 10
        assert (refusal_of(partial(limiter.admit, owner, str(number))) is None) == is_free
        if is_free:
            admitted.append(now_ms)
