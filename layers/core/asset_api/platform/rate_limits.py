"""Exact rate limits: at most 10 admissions per owner in any 60 seconds, at any concurrency.

One item per owner and limit holds the last ten as a shift register, newest first: `t0` to `t9` (Unix milliseconds) and
`a0` to `a9` (the ids of the assets or jobs). One conditional UpdateItem shifts it, provided that the tenth last is old
enough; a refusal comes with the item, which tells when the client may retry.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from asset_api.platform import aws, errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

ADMISSIONS = 10
WINDOW_SECONDS = 60
_WINDOW_MS = WINDOW_SECONDS * 1000
# For DynamoDB's TTL: an item this old no longer matters to the limit.
_KEPT_SECONDS = 3600
# Functions' clocks differ by milliseconds: one that is behind retries with the newest time in the register.
_ATTEMPTS_AGAINST_CLOCK_SKEW = 5

_SLOTS = range(ADMISSIONS)
# The right-hand sides of an update are the values before it: one write moves every slot. Slots that were never used
# are copied as the beginning of time.
_SHIFT = "SET t0 = :now, a0 = :admitted, expires_at = :expiry, " + ", ".join(
    f"t{i} = if_not_exists(t{i - 1}, :never), a{i} = if_not_exists(a{i - 1}, :none)" for i in _SLOTS[1:]
)
_ADMISSIBLE = (
    f"(attribute_not_exists(t{_SLOTS[-1]}) OR t{_SLOTS[-1]} <= :window_start)"
    " AND (attribute_not_exists(t0) OR t0 <= :now)"
    f" AND NOT (:admitted IN ({', '.join(f'a{i}' for i in _SLOTS)}))"
)


class Limit(NamedTuple):
    """A limit's name, which clients see, and the sort key of its items."""

    name: str
    sort_key: str


UPLOADS = Limit("uploads", "upload-limit")
GENERATIONS = Limit("generations", "generation-limit")


@dataclass(frozen=True, slots=True)
class RateLimiter:
    """Admits or refuses an owner's requests under one limit."""

    limit: Limit
    dynamodb: "DynamoDBClient"
    table: str
    clock: Callable[[], datetime]

    def admit(self, owner: str, resource_id: str) -> dict[str, str]:
        """Count the request for `resource_id`, once however often it is repeated; the response's RateLimit headers.

        Raises the 429 `Too many requests` with Retry-After. One DynamoDB call.
        """
        now = int(self.clock().timestamp() * 1000)
        for _ in range(_ATTEMPTS_AGAINST_CLOCK_SKEW):
            try:
                return self._shift(owner, resource_id, now).headers(self.limit, now)
            except self.dynamodb.exceptions.ConditionalCheckFailedException as error:
                register = _Register.from_item(aws.refused_item(error))
                if resource_id in register.admitted:
                    return register.headers(self.limit, now)
                if register.wait_ms(now) > 0:
                    retry_after = {"Retry-After": str(math.ceil(register.wait_ms(now) / 1000))}
                    raise errors.too_many_requests(retry_after | register.headers(self.limit, now)) from error
                now = max(now, register.times_ms[0])
        raise errors.temporarily_unavailable(f"The limit of {self.limit.name}")

    def _shift(self, owner: str, resource_id: str, now_ms: int) -> "_Register":
        updated = self.dynamodb.update_item(
            TableName=self.table,
            Key={"owner": {"S": owner}, "sk": {"S": self.limit.sort_key}},
            UpdateExpression=_SHIFT,
            ConditionExpression=_ADMISSIBLE,
            ExpressionAttributeValues={
                ":now": {"N": str(now_ms)},
                ":window_start": {"N": str(now_ms - _WINDOW_MS)},
                ":admitted": {"S": resource_id},
                ":never": {"N": "0"},
                ":none": {"S": ""},
                ":expiry": {"N": str(now_ms // 1000 + _KEPT_SECONDS)},
            },
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
        return _Register.from_item(updated["Attributes"])


class _Register(NamedTuple):
    """The last ten admissions, newest first: times in Unix milliseconds, and ids."""

    times_ms: tuple[int, ...]
    admitted: tuple[str, ...]

    @classmethod
    def from_item(cls, item: "Mapping[str, AttributeValueTypeDef]") -> Self:
        return cls(
            tuple(int(item.get(f"t{i}", {}).get("N", "0")) for i in _SLOTS),
            tuple(item.get(f"a{i}", {}).get("S", "") for i in _SLOTS),
        )

    def wait_ms(self, now_ms: int) -> int:
        """Time until the next request is admitted; 0 or less if it would be admitted now."""
        return self.times_ms[-1] + _WINDOW_MS - now_ms

    def headers(self, limit: Limit, now_ms: int) -> dict[str, str]:
        """RateLimit and RateLimit-Policy headers (draft-ietf-httpapi-ratelimit-headers)."""
        current = [time for time in self.times_ms if time > now_ms - _WINDOW_MS]
        more_in_seconds = math.ceil((current[-1] + _WINDOW_MS - now_ms) / 1000) if current else 0
        remaining = ADMISSIONS - len(current)
        return {
            "RateLimit-Policy": f'"{limit.name}";q={ADMISSIONS};w={WINDOW_SECONDS}',
            "RateLimit": f'"{limit.name}";r={remaining};t={more_in_seconds}',
        }
