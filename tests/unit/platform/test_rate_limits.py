"""The limit's decisions, against its definition. Its expressions are evaluated in tests/functions."""

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

START = datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC)


class ConditionalCheckFailedError(Exception):
    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__()
        self.response = {"Item": dict(item)}


@dataclass
class Register:
    """DynamoDB with one item, and what the limiter's one UpdateItem does to it."""

    item: dict[str, Any] = field(default_factory=dict)
    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedError)

    def update_item(self, *, ExpressionAttributeValues: Mapping[str, Any], **_: Any) -> Mapping[str, Any]:  # noqa: N803
        values, item = ExpressionAttributeValues, self.item
        now, start = int(values[":now"]["N"]), int(values[":window_start"]["N"])
        is_admissible = (
            ("t9" not in item or int(item["t9"]["N"]) <= start)
            and ("t0" not in item or int(item["t0"]["N"]) <= now)
            and values[":admitted"] not in [item.get(f"a{slot}") for slot in range(10)]
        )
        if not is_admissible:
            raise ConditionalCheckFailedError(item)
        for slot in range(9, 0, -1):
            item[f"t{slot}"] = item.get(f"t{slot - 1}", {"N": "0"})
            item[f"a{slot}"] = item.get(f"a{slot - 1}", {"S": ""})
        item["t0"], item["a0"] = values[":now"], values[":admitted"]
        return {"Attributes": dict(item)}


def admits(register: Register, asset_id: str, now: datetime) -> bool:
    limiter = RateLimiter(UPLOADS, cast(Any, register), "requests", lambda: now)
    refusal = refusal_of(lambda: limiter.admit("alice", asset_id))
    if refusal is None:
        return True
    assert refusal.status == 429
    assert 1 <= int(refusal.headers["Retry-After"]) <= 60
    assert re.fullmatch(r'"uploads";r=0;t=\d+', refusal.headers["RateLimit"])
    return False


gaps = st.one_of(st.integers(0, 5), st.integers(0, 9_000), st.sampled_from([5_999, 6_000, 6_001, 59_999, 60_000]))


@given(st.lists(gaps, min_size=11, max_size=60))
def test_admits_exactly_where_fewer_than_ten_were_in_the_minute_before(gaps_ms: list[int]) -> None:
    register, admitted, now_ms = Register(), list[int](), 0
    for number, gap_ms in enumerate(gaps_ms):
        now_ms += gap_ms
        is_free = sum(time > now_ms - 60_000 for time in admitted) < 10
        assert admits(register, str(number), START + timedelta(milliseconds=now_ms)) == is_free
        if is_free:
            admitted.append(now_ms)


@given(st.lists(st.tuples(gaps, st.integers(-2_000, 2_000)), min_size=11, max_size=60))
def test_clocks_that_differ_never_admit_an_eleventh_in_a_minute_of_recorded_time(
    turns: list[tuple[int, int]],
) -> None:
    register, recorded, now_ms = Register(), list[int](), 0
    for number, (gap_ms, skew_ms) in enumerate(turns):
        now_ms += gap_ms
        if admits(register, str(number), START + timedelta(milliseconds=now_ms + skew_ms)):
            recorded.append(int(register.item["t0"]["N"]))
    assert recorded == sorted(recorded)
    assert all(later - earlier >= 60_000 for earlier, later in zip(recorded, recorded[10:], strict=False))


@given(st.lists(gaps, min_size=1, max_size=9))
def test_the_same_upload_is_counted_once(gaps_ms: list[int]) -> None:
    register, now = Register(), START
    for gap_ms in gaps_ms:
        now += timedelta(milliseconds=gap_ms)
        assert admits(register, "the same", now)
    assert register.item["a1"] == {"S": ""}


def test_clocks_that_never_settle_are_a_503() -> None:
    """Each attempt finds a newer time than the one it just took."""

    class Racing(Register):
        def update_item(self, **_: Any) -> Mapping[str, Any]:
            newest = int(self.item.get("t0", {}).get("N", "1763210096000")) + 1
            self.item["t0"] = {"N": str(newest)}
            raise ConditionalCheckFailedError(self.item)

    limiter = RateLimiter(UPLOADS, cast(Any, Racing()), "requests", lambda: START)
    with pytest.raises(ApiError) as refusal:
        limiter.admit("alice", "a")
    assert refusal.value.status == 503
