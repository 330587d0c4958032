"""Invalidations for deleted assets, and the number of their paths."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import asset_ids
from asset_api.platform import aws_errors, remaining_time
from asset_api.publishing.purging import MAX_PATHS, MAX_PATHS_PER_PERIOD, Invalidator, invalidation_paths

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient

NOON = datetime(2025, 11, 15, 12, tzinfo=UTC)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  bounds


def minted(at: datetime) -> str:
    return asset_ids.mint("alice", salt="salt", now=at)


def covers(path: str, asset_id: str) -> bool:
    renditions = (f"/api/v2/assets/{asset_id}{rest}" for rest in ("", "/w320.webp", "/frames/frame-last.png"))
    return path.endswith("*") and all(rendition.startswith(path[:-1]) for rendition in renditions)


@given(st.lists(times.map(minted), max_size=100))
def test_every_deleted_asset_is_invalidated(ids: list[str]) -> None:
    paths = invalidation_paths(ids)
    assert all(any(covers(path, asset_id) for path in paths) for asset_id in ids)
    assert all(any(covers(path, asset_id) for asset_id in ids) for path in paths)
    assert all(path.startswith("/api/v2/assets/") for path in paths)
    assert len(paths) <= MAX_PATHS


@given(st.lists(times.map(minted), max_size=MAX_PATHS_PER_PERIOD))
def test_few_assets_are_invalidated_individually(ids: list[str]) -> None:
    assert invalidation_paths(ids) == sorted(f"/api/v2/assets/{asset_id}*" for asset_id in set(ids))


def test_assets_up_to_the_path_limit_are_invalidated_individually() -> None:
    """One owner's deletes do not evict other owners' copies."""
    ids = [minted(NOON + timedelta(days=day)) for day in range(MAX_PATHS)]
    assert invalidation_paths(ids) == sorted(f"/api/v2/assets/{asset_id}*" for asset_id in ids)


def test_wildcards_of_many_times_do_not_cover_other_years() -> None:
    ids = [minted(NOON + timedelta(days=day)) for day in range(100)]
    paths = invalidation_paths(ids)
    assert not any(covers(path, minted(NOON + timedelta(days=days))) for path in paths for days in (-800, 800))


def test_wildcards_of_one_hour_do_not_cover_other_days() -> None:
    deleted = [minted(NOON + timedelta(minutes=minute)) for minute in range(60)]
    paths = invalidation_paths(deleted)
    assert len(paths) <= 2  # an hour may cross a boundary
    for days in (1, 30, 400):
        assert not any(covers(path, minted(NOON + timedelta(days=days))) for path in paths)


class _BusyCloudFront:
    """CloudFront with too many invalidations in progress for the first few requests."""

    def __init__(self, busy: int) -> None:
        self.busy = busy
        self.requests: list[dict[str, Any]] = []
        self.meta = type("Meta", (), {"config": type("Config", (), {"connect_timeout": 1, "read_timeout": 10})})

    def create_invalidation(self, **request: Any) -> None:
        self.requests.append(request["InvalidationBatch"])
        if len(self.requests) <= self.busy:
            error = {"Error": {"Code": aws_errors.TOO_MANY_INVALIDATIONS, "Message": ""}}
            raise ClientError(error, "CreateInvalidation")  # type: ignore[arg-type]


class _Context:
    def __init__(self) -> None:
        self.seconds_left = 60.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds_left * 1000)

    def sleep(self, seconds: float) -> None:
        self.seconds_left -= seconds


def invalidate(cloudfront: _BusyCloudFront, ids: list[str], *occasions: str) -> None:
    context = _Context()
    with remaining_time.of(context):
        Invalidator(cast("CloudFrontClient", cloudfront), "E1", context.sleep).invalidate(ids, occasions)


def test_waits_for_invalidations_in_progress() -> None:
    cloudfront = _BusyCloudFront(busy=3)
    invalidate(cloudfront, [minted(NOON)])
    assert len(cloudfront.requests) == 4
    assert len({batch["CallerReference"] for batch in cloudfront.requests}) == 1


def test_returns_the_batch_in_time_if_cloudfront_stays_busy() -> None:
    with pytest.raises(ClientError, match=aws_errors.TOO_MANY_INVALIDATIONS):
        invalidate(_BusyCloudFront(busy=1000), [minted(NOON)])


def test_an_asset_that_changes_again_is_invalidated_again() -> None:
    cloudfront, ids = _BusyCloudFront(busy=0), [minted(NOON)]
    for event_id in ("first", "first", "second"):
        invalidate(cloudfront, ids, event_id)
    first, again, second = (batch["CallerReference"] for batch in cloudfront.requests)
    assert first == again != second


def test_batches_with_the_same_paths_are_two_invalidations() -> None:
    """CloudFront treats two requests with one reference as the same request."""
    cloudfront = _BusyCloudFront(busy=0)
    for _ in range(2):
        invalidate(cloudfront, [minted(NOON + timedelta(seconds=second)) for second in range(10)])
    first, second = cloudfront.requests
    assert first["Paths"] == second["Paths"]
    assert first["CallerReference"] != second["CallerReference"]
