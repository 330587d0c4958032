"""The costs that one caller can cause in a day by sending valid requests as fast as the limits permit."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.cost import prices
from tools.cost.operations import OPERATIONS, REQUEST_DOLLARS
from tools.cost.parameters import default

_DAY_SECONDS = 24 * 3600
UPLOADS_A_MINUTE = 10
# DynamoDB's limit per partition; an owner is one partition.
PARTITION_READ_UNITS = 3000
_POSTS_A_SECOND = 100


@dataclass(frozen=True)
class Abuse:
    """A way to cause costs. `bound` names the limit that holds them to `dollars` a day."""

    name: str
    bound: str
    dollars: float


def abuses() -> Iterator[Abuse]:
    """Yield every kind of request that has a limit of its own."""
    each = {name: operation.dollars for name, operation in OPERATIONS.items()}
    uploads = UPLOADS_A_MINUTE * 60 * 24
    upload_and_delete = sum(
        each[name] for name in ("direct upload", "event, completed before", "delete", "purge", "last look")
    )
    delay = default("InvalidationDelaySeconds")
    yield Abuse(
        "uploads, each deleted at once",
        f"{UPLOADS_A_MINUTE} uploads a minute; one path per {delay:.0f} seconds of deletes",
        uploads * upload_and_delete + _DAY_SECONDS / delay * prices.CDN_PATH.dollars,
    )
    yield Abuse(
        "uploads, deleted months later and in no order",
        f"{UPLOADS_A_MINUTE} uploads a minute; one path each",
        uploads * (upload_and_delete + prices.CDN_PATH.dollars),
    )
    begin_and_abort = sum(
        each[name] for name in ("upload in parts, begun", "upload in parts, aborted", "purge", "last look")
    )
    yield Abuse(
        "uploads in parts, begun and aborted within a day, in no order",
        f"{UPLOADS_A_MINUTE} uploads a minute; one path each",
        uploads * (begin_and_abort + prices.CDN_PATH.dollars),
    )
    yield Abuse(
        f"one form, posted {_POSTS_A_SECOND} times a second, refused each time",
        "its 15 minutes, then those of the next; S3 accepts 3,500 a second per prefix",
        _POSTS_A_SECOND * _DAY_SECONDS * max(each["form posted again"], each["form posted again, refused again"]),
    )
    yield Abuse(
        "lists of a large account with few matches",
        f"{PARTITION_READ_UNITS:,} read units a second for an owner's partition",
        PARTITION_READ_UNITS * _DAY_SECONDS * prices.READ_UNIT.dollars,
    )
    lists = default("ListThrottlingRateLimit")
    yield Abuse(
        "lists of 50",
        f"`ListThrottlingRateLimit`, {lists:.0f} a second for all owners together",
        lists * _DAY_SECONDS * each["list of 50"],
    )
    public = default("PublicThrottlingRateLimit")
    compute = OPERATIONS["metadata"].compute_dollars(OPERATIONS["metadata"].memory_mb)
    yield Abuse(
        "health, and paths that do not exist; without a token",
        f"`PublicThrottlingRateLimit`, {public:.0f} a second for each of the two",
        2 * public * _DAY_SECONDS * (REQUEST_DOLLARS + compute),
    )
