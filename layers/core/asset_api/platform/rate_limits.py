"""Exact rate limits: at most a given number of admissions per owner in any 60 seconds, at any concurrency.

One item per owner and limit holds the times of admissions (Unix milliseconds) in lists, newest first. Each minute of
the clock has a list for the admissions of that minute and of the one before: an admission is added to its own minute's
list and to the next minute's. So this minute's list holds every admission of the last 60 seconds, and with a limit of
10, its tenth time decides. Three lists take turns: the one that is neither this minute's nor the next's is removed.

All of that is one conditional UpdateItem, which needs no knowledge of the item. A refusal returns the item, which shows
when the client may retry. See docs/adr/0023-limits-are-lists-of-times.md.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from asset_api.platform import aws, errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

DEFAULT_ADMISSIONS = 10
WINDOW_SECONDS = 60
_WINDOW_MS = WINDOW_SECONDS * 1000
_LISTS = 3
# For DynamoDB's TTL: an item this old no longer matters to the limit.
_KEPT_SECONDS = 3600
# Functions' clocks differ by milliseconds: one that is behind retries with the newest time in the item.
_ATTEMPTS_AGAINST_CLOCK_SKEW = 5
# Two minutes hold at most twice the limit. A list grows further only if an owner sends requests only in every third
# minute, so that the list is never the one to be removed.
_MAX_LIMITS_IN_A_LIST = 3

# The last admitted ids, as a shift register: the right-hand sides of an update are the values before it.
_IDS = range(10)
_ADMIT = (
    "SET #this = list_append(:times, if_not_exists(#this, :no_times)),"
    " #next = list_append(:times, if_not_exists(#next, :no_times)),"
    " newest = :now, expires_at = :expiry, a0 = :admitted, "
    + ", ".join(f"a{i} = if_not_exists(a{i - 1}, :none)" for i in _IDS[1:])
    + " REMOVE #other"
)
_ADMISSIBLE = (
    "(attribute_not_exists(#this[{last}]) OR #this[{last}] <= :window_start)"
    " AND (attribute_not_exists(newest) OR newest <= :now)"
    f" AND NOT (:admitted IN ({', '.join(f'a{i}' for i in _IDS)}))"
)


class Limit(NamedTuple):
    """A limit's name, as clients see it, and the sort key of its items."""

    name: str
    sort_key: str


UPLOADS = Limit("uploads", "uploads-a-minute")
GENERATIONS = Limit("generations", "generations-a-minute")


@dataclass(frozen=True, slots=True)
class RateLimiter:
    """Admits or refuses an owner's requests under one limit of `admissions` in 60 seconds."""

    limit: Limit
    admissions: int
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def admit(self, owner: str, resource_id: str) -> dict[str, str]:
        """Count the request for `resource_id`, once even if repeated; return the response's RateLimit headers.

        Raises the 429 `Too many requests` with Retry-After. One DynamoDB call, whose units grow with the limit.
        """
        now = int(self.clock().timestamp() * 1000)
        for _ in range(_ATTEMPTS_AGAINST_CLOCK_SKEW):
            try:
                return self._headers(self._add(owner, resource_id, now), now)
            except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
                record = _Record.from_item(aws.refused_item(error), now)
                now = max(now, record.newest_ms)
                if resource_id in record.admitted:
                    return self._headers(record, now)
                if (wait_ms := self._wait_ms(record, now)) > 0:
                    retry_after = {"Retry-After": str(math.ceil(wait_ms / 1000))}
                    raise errors.too_many_requests(retry_after | self._headers(record, now)) from error
        raise errors.temporarily_unavailable(f"The rate limit for {self.limit.name}")

    def _add(self, owner: str, resource_id: str, now_ms: int) -> "_Record":
        key: dict[str, AttributeValueTypeDef] = {"owner": {"S": owner}, "sk": {"S": self.limit.sort_key}}
        updated = self.dynamodb.update_item(
            TableName=self.table,
            Key=key,
            UpdateExpression=_ADMIT,
            ConditionExpression=_ADMISSIBLE.format(last=self.admissions - 1),
            ExpressionAttributeNames=_list_names(now_ms),
            ExpressionAttributeValues={
                ":now": {"N": str(now_ms)},
                ":times": {"L": [{"N": str(now_ms)}]},
                ":no_times": {"L": []},
                ":window_start": {"N": str(now_ms - _WINDOW_MS)},
                ":admitted": {"S": resource_id},
                ":none": {"S": ""},
                ":expiry": {"N": str(now_ms // 1000 + _KEPT_SECONDS)},
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        record = _Record.from_item(updated["Attributes"], now_ms)
        most = _MAX_LIMITS_IN_A_LIST * self.admissions
        if max(len(record.times_ms), len(record.next_times_ms)) > most:
            self._shorten(key, record, now_ms)
        return record

    def _shorten(self, key: "Mapping[str, AttributeValueTypeDef]", record: "_Record", now_ms: int) -> None:
        """Remove times that no longer matter, unless another admission came meanwhile; that one shortens the lists."""
        names = _list_names(now_ms)
        kept = (record.times_ms[: self.admissions], record.next_times_ms[: self.admissions])
        times = [{"L": [{"N": str(time)} for time in each]} for each in kept]
        values: dict[str, Any] = {":this": times[0], ":next": times[1], ":newest": {"N": str(now_ms)}}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key=key,
                UpdateExpression="SET #this = :this, #next = :next",
                ConditionExpression="newest = :newest AND a0 = :admitted",
                ExpressionAttributeNames={name: names[name] for name in ("#this", "#next")},
                ExpressionAttributeValues={**values, ":admitted": {"S": record.admitted[0]}},
            )
        except self.dynamodb.exceptions.ConditionalCheckFailedException:
            return

    def _wait_ms(self, record: "_Record", now_ms: int) -> int:
        """Return the time until the next request is admitted; 0 or less if it would be admitted now."""
        if len(record.times_ms) < self.admissions:
            return 0
        return record.times_ms[self.admissions - 1] + _WINDOW_MS - now_ms

    def _headers(self, record: "_Record", now_ms: int) -> dict[str, str]:
        """Return the RateLimit and RateLimit-Policy headers (draft-ietf-httpapi-ratelimit-headers)."""
        current = [time for time in record.times_ms[: self.admissions] if time > now_ms - _WINDOW_MS]
        more_in_seconds = math.ceil((current[-1] + _WINDOW_MS - now_ms) / 1000) if current else 0
        remaining = self.admissions - len(current)
        return {
            "RateLimit-Policy": policy(self.limit, self.admissions),
            "RateLimit": f'"{self.limit.name}";r={remaining};t={more_in_seconds}',
        }


def policy(limit: Limit, admissions: int) -> str:
    """Return the value of a RateLimit-Policy header."""
    return f'"{limit.name}";q={admissions};w={WINDOW_SECONDS}'


def _list_names(now_ms: int) -> dict[str, str]:
    """Return the names of this minute's list, the next minute's, and the one to be removed."""
    minute = now_ms // _WINDOW_MS
    return {f"#{name}": f"minute{(minute + place) % _LISTS}" for place, name in enumerate(("this", "next", "other"))}


class _Record(NamedTuple):
    """An owner's admissions as seen at a certain time: times in Unix milliseconds, newest first."""

    times_ms: tuple[int, ...]
    next_times_ms: tuple[int, ...]
    newest_ms: int
    admitted: tuple[str, ...]

    @classmethod
    def from_item(cls, item: "Mapping[str, AttributeValueTypeDef]", now_ms: int) -> Self:
        stored: Mapping[str, Any] = item
        names = _list_names(now_ms)
        times, following = (
            tuple(int(time["N"]) for time in stored.get(names[name], {"L": []})["L"]) for name in ("#this", "#next")
        )
        admitted = tuple(stored.get(f"a{i}", {}).get("S", "") for i in _IDS)
        return cls(times, following, int(stored.get("newest", {}).get("N", "0")), admitted)
