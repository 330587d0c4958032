"""The purge function: tombstones, received through the table's stream."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest

from asset_api.assets import asset_ids
from asset_api.assets.public_urls import object_key
from asset_api.platform import aws
from asset_api.publishing.purging import MAX_PATHS_PER_PERIOD
from functions.purge import app as purge
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.gateway import Caller, Context
from tests.functions.triggers import arrived, public, sample, tombstone_written

if TYPE_CHECKING:
    from mypy_boto3_cloudfront.client import CloudFrontClient
    from mypy_boto3_s3.client import S3Client

    from asset_api.assets.asset import Visibility


ROOT = Path(__file__).resolve().parents[2]
# Calls for one asset with an upload; uploads in progress are listed once per batch.
PURGE = ["ListObjectVersions", "DeleteObjects", "ListMultipartUploads", "DeleteObjects", "ListObjectsV2"]


@pytest.fixture
def cloudfront() -> "CloudFrontClient":
    return boto3.client("cloudfront")


@pytest.fixture
def distribution_id(cloudfront: "CloudFrontClient", monkeypatch: pytest.MonkeyPatch) -> str:
    """A distribution that is configured in the functions."""
    created = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Comment": "",
            "Enabled": True,
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "assets",
                        "DomainName": "assets.s3.us-east-1.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {"TargetOriginId": "assets", "ViewerProtocolPolicy": "https-only"},
        }
    )
    distribution_id = created["Distribution"]["Id"]
    configure(monkeypatch, distribution_id=distribution_id)
    return distribution_id


def deleted_with_its_bytes_left(caller: Caller, calls: AwsCalls) -> str:
    """Delete an asset, crash after the tombstone, and return the asset's id."""
    asset_id: str = caller.upload("image.png", media.png()).json()["asset_id"]
    with calls.stopped_at(1, "after"):
        caller.delete(asset_id)
    return asset_id


def invalidated_paths(cloudfront: "CloudFrontClient", distribution_id: str) -> list[list[str]]:
    found = cloudfront.list_invalidations(DistributionId=distribution_id)["InvalidationList"].get("Items", [])
    return [
        cloudfront.get_invalidation(DistributionId=distribution_id, Id=each["Id"])["Invalidation"]["InvalidationBatch"][
            "Paths"
        ]["Items"]
        for each in found
    ]


def test_removes_the_bytes_of_a_crashed_delete(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    asset_id = deleted_with_its_bytes_left(alice, calls)
    assert public(s3) == [asset_id]
    tombstone_written(asset_id)
    assert (public(s3), arrived(s3)) == ([], [])


def test_invalidates_cloudfront(
    alice: Caller, calls: AwsCalls, cloudfront: "CloudFrontClient", distribution_id: str
) -> None:
    ids = sorted(deleted_with_its_bytes_left(alice, calls) for _ in range(2))
    tombstone_written(*ids)
    assert invalidated_paths(cloudfront, distribution_id) == [[f"/api/v2/assets/{asset_id}*" for asset_id in ids]]


def test_purges_the_tombstones_of_the_dead_letter_runbook(
    alice: Caller, s3: "S3Client", calls: AwsCalls, cloudfront: "CloudFrontClient", distribution_id: str
) -> None:
    record = "{eventID: .sk.S, dynamodb: {Keys: {sk: .sk}}}"
    assert record in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    sort_key = f"tombstone#{deleted_with_its_bytes_left(alice, calls)}"
    purge.handler({"Records": [{"eventID": sort_key, "dynamodb": {"Keys": {"sk": {"S": sort_key}}}}]}, Context())
    assert public(s3) == []
    asset_id = sort_key.removeprefix("tombstone#")
    assert invalidated_paths(cloudfront, distribution_id) == [[f"/api/v2/assets/{asset_id}*"]]


def test_repeats_the_same_invalidation_for_a_redelivered_batch(
    alice: Caller, calls: AwsCalls, distribution_id: str
) -> None:
    """CloudFront treats invalidations with the same CallerReference and content as one, and bills it once."""
    asset_id = deleted_with_its_bytes_left(alice, calls)
    assert distribution_id
    references: list[str] = []

    def remember(params: dict[str, bytes], **_: object) -> None:
        references.append(params["body"].decode())

    events = aws.cloudfront().meta.events
    events.register("before-call.cloudfront.CreateInvalidation", remember)
    tombstone_written(asset_id)
    tombstone_written(asset_id, asset_id)
    events.unregister("before-call.cloudfront.CreateInvalidation", remember)
    assert len(references) == 2
    assert references[0] == references[1]


def test_invalidates_after_removing_the_bytes(alice: Caller, calls: AwsCalls, distribution_id: str) -> None:
    """Otherwise CloudFront could cache the bytes again."""
    asset_id = deleted_with_its_bytes_left(alice, calls)
    assert distribution_id
    tombstone_written(asset_id)
    assert calls.made == [*PURGE, "CreateInvalidation"]


def test_invalidates_nothing_if_disabled(alice: Caller, calls: AwsCalls) -> None:
    tombstone_written(deleted_with_its_bytes_left(alice, calls))
    assert calls.made == PURGE


def test_a_failed_batch_raises_so_that_it_is_redelivered(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    ids = [deleted_with_its_bytes_left(alice, calls) for _ in range(2)]
    calls.refuse("DeleteObjects", "SlowDown", 503)
    with pytest.raises(aws.s3().exceptions.ClientError, match="SlowDown"):
        tombstone_written(*ids)
    tombstone_written(*ids)
    assert public(s3) == []


def test_one_failure_does_not_block_the_other_assets(
    alice: Caller, s3: "S3Client", calls: AwsCalls, cloudfront: "CloudFrontClient", distribution_id: str
) -> None:
    failing, good = (deleted_with_its_bytes_left(alice, calls) for _ in range(2))
    calls.refuse("DeleteObjects", "AccessDenied", 403)
    with pytest.raises(aws.s3().exceptions.ClientError, match="AccessDenied"):
        tombstone_written(failing, good)
    assert (public(s3), [asset_id for asset_id, _ in arrived(s3)]) == ([], [failing])
    both = sorted(f"/api/v2/assets/{asset_id}*" for asset_id in (failing, good))
    assert invalidated_paths(cloudfront, distribution_id) == [both]
    tombstone_written(failing, good)
    assert arrived(s3) == []


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_aborts_only_the_assemblies_of_deleted_files(
    visibility: "Visibility", alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """Otherwise a publication whose parts are complete could make them public, and crash."""
    deleted = deleted_with_its_bytes_left(alice, calls)
    other = f"api/v2/assets/{alice.upload('image.png', media.png()).json()['asset_id']}"
    for key in (object_key(deleted, visibility), other):
        s3.create_multipart_upload(Bucket="assets", Key=key)
    tombstone_written(deleted)
    assert [each["Key"] for each in s3.list_multipart_uploads(Bucket="assets")["Uploads"]] == [other]


@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("SlowDown", 503)])
@pytest.mark.parametrize("operation", ["ListMultipartUploads", "AbortMultipartUpload"])
def test_a_failed_abort_has_the_batch_redelivered(
    operation: str, code: str, status: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    deleted = deleted_with_its_bytes_left(alice, calls)
    s3.create_multipart_upload(Bucket="assets", Key=object_key(deleted))
    calls.refuse(operation, code, status)
    with pytest.raises(aws.s3().exceptions.ClientError, match=code):
        tombstone_written(deleted)
    assert public(s3) == []
    tombstone_written(deleted)
    assert (public(s3), s3.list_multipart_uploads(Bucket="assets").get("Uploads", [])) == ([], [])


def test_many_deletes_of_one_time_share_one_invalidation_path(
    cloudfront: "CloudFrontClient", distribution_id: str
) -> None:
    noon = datetime(2025, 11, 15, 12, tzinfo=UTC)
    ids = [asset_ids.mint("alice", salt="salt", now=noon) for _ in range(MAX_PATHS_PER_PERIOD + 1)]
    tombstone_written(*ids)
    assert invalidated_paths(cloudfront, distribution_id) == [[f"/api/v2/assets/{ids[0][:6]}*"]]


def test_the_sample_event_is_a_new_tombstone() -> None:
    (record,) = sample("purge")["Records"]
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["Keys"]["sk"]["S"].startswith("tombstone#")
    assert record["dynamodb"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
