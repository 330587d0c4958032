"""Decisions of the rate limit against its definition. tests/functions evaluates its DynamoDB expressions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.platform.errors import ApiError
from asset_api.platform.rate_limits import UPLOADS, RateLimiter
from tests.refusals import refusal_of

# Two seconds before a full minute, when the next list begins.
START = datetime(2025, 11, 15, 12, 34, 58, tzinfo=UTC)


class ConditionalCheckFailedError(Exception):
    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        self.response = {"Item": dict(item)}


@dataclass
class Table:
    """DynamoDB with one item that the limiter updates."""

    item: dict[str, Any] = field(default_factory=dict)
    calls: int = 0
    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedError)

    def times(self, name: str) -> list[Any]:
        return list(self.item.get(name, {"L": []})["L"])

    def update_item(
        self,
        *,
        UpdateExpression: str,  # noqa: N803
        ConditionExpression: str,  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str],  # noqa: N803
        ExpressionAttributeValues: Mapping[str, Any],  # noqa: N803
        **_: Any,
    ) -> Mapping[str, Any]:
        self.calls += 1
        names, values, item = ExpressionAttributeNames, ExpressionAttributeValues, self.item
        if UpdateExpression == "SET #this = :this, #next = :next":
            if (item["newest"], item["a0"]) != (values[":newest"], values[":admitted"]):
                raise ConditionalCheckFailedError(item)
            item.update({names["#this"]: values[":this"], names["#next"]: values[":next"]})
            return {}
        (last,) = set(map(int, re.findall(r"\[(\d+)\]", ConditionExpression)))
        this = self.times(names["#this"])
        is_admissible = (
            (len(this) <= last or int(this[last]["N"]) <= int(values[":window_start"]["N"]))
            and int(item.get("newest", {"N": "0"})["N"]) <= int(values[":now"]["N"])
            and values[":admitted"] not in [item.get(f"a{slot}") for slot in range(10)]
        )
        if not is_admissible:
            raise ConditionalCheckFailedError(item)
        for name in ("#this", "#next"):
            item[names[name]] = {"L": [*values[":times"]["L"], *self.times(names[name])]}
        item.pop(names["#other"], None)
        for slot in range(9, 0, -1):
            item[f"a{slot}"] = item.get(f"a{slot - 1}", {"S": ""})
        item["newest"], item["a0"] = values[":now"], values[":admitted"]
        return {"Attributes": dict(item)}


def admits(table: Table, asset_id: str, now: datetime, limit: int = 10) -> bool:
    limiter = RateLimiter(UPLOADS, limit, cast(Any, table), "requests", lambda: now)
    refusal = refusal_of(lambda: limiter.admit("alice", asset_id))
    if refusal is None:
        return True
    assert refusal.status == 429
    assert 1 <= int(refusal.headers["Retry-After"]) <= 60
    assert re.fullmatch(r'"uploads";r=0;t=\d+', refusal.headers["RateLimit"])
    return False


# Bursts, and pauses long enough, or not quite, for a list to be removed.
minutes = st.builds(lambda count, more: 60_000 * count + more, st.integers(1, 4), st.integers(-1, 1))
gaps = st.one_of(st.integers(0, 5), st.integers(0, 9_000), st.sampled_from([5_999, 6_000, 6_001]), minutes)
limits = st.sampled_from([1, 2, 3, 10])


@given(st.lists(gaps, min_size=11, max_size=80), limits)
def test_admits_exactly_if_the_last_minute_is_under_the_limit(gaps_ms: list[int], limit: int) -> None:
    table, admitted, now_ms = Table(), list[int](), 0
    for number, gap_ms in enumerate(gaps_ms):
        now_ms += gap_ms
        is_free = sum(time > now_ms - 60_000 for time in admitted) < limit
        assert admits(table, str(number), START + timedelta(milliseconds=now_ms), limit) == is_free
        if is_free:
            admitted.append(now_ms)


@given(st.lists(st.tuples(gaps, st.integers(-2_000, 2_000)), min_size=11, max_size=80), limits)
def test_clock_differences_never_admit_too_many(turns: list[tuple[int, int]], limit: int) -> None:
    table, recorded, now_ms = Table(), list[int](), 0
    for number, (gap_ms, skew_ms) in enumerate(turns):
        now_ms += gap_ms
        if admits(table, str(number), START + timedelta(milliseconds=now_ms + skew_ms), limit):
            recorded.append(int(table.item["newest"]["N"]))
    assert recorded == sorted(recorded)
    assert all(later - earlier >= 60_000 for earlier, later in zip(recorded, recorded[limit:], strict=False))


def test_a_limit_of_a_thousand_is_exact() -> None:
    table = Table()
    assert all(admits(table, str(number), START + timedelta(milliseconds=59 * number), 1000) for number in range(1000))
    assert not admits(table, "too many", START + timedelta(milliseconds=59_999), 1000)
    assert admits(table, "the first is a minute ago", START + timedelta(milliseconds=60_000), 1000)
    assert table.calls == 1002


@pytest.mark.parametrize("minutes_between", [1, 2, 3, 4, 6])
def test_lists_stay_short_for_any_pauses_between_bursts(minutes_between: int) -> None:
    """The list of every third minute is never the one to be removed."""
    table, limit, bursts = Table(), 10, 20
    for burst in range(bursts):
        for number in range(limit):
            assert admits(table, f"{burst}-{number}", START + timedelta(minutes=burst * minutes_between), limit)
        assert max(len(table.times(f"minute{minute}")) for minute in range(3)) <= 3 * limit
    # One call per admission, and at most one more in twenty to trim the lists.
    assert bursts * limit <= table.calls <= bursts * limit * 1.05


def test_a_lower_limit_applies_from_the_next_request() -> None:
    table = Table()
    for number in range(10):
        assert admits(table, str(number), START + timedelta(seconds=number), 10)
    assert not admits(table, "eleventh", START + timedelta(seconds=10), 5)
    assert admits(table, "fifth in its minute", START + timedelta(seconds=65), 5)


@given(st.lists(gaps, min_size=1, max_size=9))
def test_a_repeated_upload_is_counted_once(gaps_ms: list[int]) -> None:
    table, now = Table(), START
    for gap_ms in gaps_ms:
        now += timedelta(milliseconds=gap_ms)
        assert admits(table, "the same", now)
    assert table.item["a1"] == {"S": ""}


def test_an_admission_during_trimming_is_kept() -> None:
    class Raced(Table):
        def update_item(self, **request: Any) -> Mapping[str, Any]:
            if request["UpdateExpression"].startswith("SET #this = :this"):
                self.item["a0"] = {"S": "another"}
            return super().update_item(**request)

    table = Raced()
    for burst in range(4):
        for number in range(10):
            assert admits(table, f"{burst}-{number}", START + timedelta(minutes=3 * burst))
    assert max(len(table.times(f"minute{minute}")) for minute in range(3)) == 40


def test_clocks_that_never_agree_are_a_503() -> None:
    """Each attempt finds a newer time than its own."""

    class Racing(Table):
        def update_item(self, **_: Any) -> Mapping[str, Any]:
            newest = int(self.item.get("newest", {}).get("N", "1763210098000")) + 1
            self.item["newest"] = {"N": str(newest)}
            raise ConditionalCheckFailedError(self.item)

    limiter = RateLimiter(UPLOADS, 10, cast(Any, Racing()), "requests", lambda: START)
    with pytest.raises(ApiError) as refusal:
        limiter.admit("alice", "a")
    assert refusal.value.status == 503
