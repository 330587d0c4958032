"""Bulk deletes: a result for each asset, in bounded time, and nothing lost after a crash."""

from typing import TYPE_CHECKING

import pytest

from asset_api.assets import catalog
from asset_api.platform import transactions
from tests import media
from tests.functions.aws_calls import AwsCalls, Moment, moments
from tests.functions.gateway import Caller
from tests.functions.interrupted_publications import unlisted_publication
from tests.functions.triggers import public, tombstone_written, tombstones

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

UNKNOWN = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"


@pytest.fixture
def ids(alice: Caller) -> list[str]:
    return [str(alice.upload("image.png", media.png(), tags=["t"]).json()["asset_id"]) for _ in range(3)]


def test_returns_a_result_for_each_id_in_order(
    alice: Caller, bob: Caller, ids: list[str], s3: "S3Client", calls: AwsCalls
) -> None:
    bobs = bob.upload("image.png", media.png()).json()["asset_id"]
    kept, *deleted = ids
    calls.resume()
    response = alice.delete_many(deleted[1], UNKNOWN, deleted[0], "none", deleted[1], bobs)
    assert response.status == 200, response.body
    assert response.json() == {"success": True, "deleted": deleted[::-1], "not_found": [UNKNOWN, "none", bobs]}
    assert calls.made == ["BatchGetItem", "TransactWriteItems", "DeleteObjects"]
    assert sorted(public(s3)) == sorted([kept, bobs])
    assert [asset["asset_id"] for asset in alice.list(tag="t").json()["assets"]] == [kept]
    assert (alice.usage().json()["assets"], bob.usage().json()["assets"]) == (1, 1)
    again = alice.delete_many(*deleted).json()
    assert again == {"success": True, "deleted": [], "not_found": deleted}


@pytest.mark.parametrize("asset_ids", [[], ["x"] * 101, [1], [None], ["x" * 256]])
def test_refuses_invalid_lists(asset_ids: list[object], alice: Caller, calls: AwsCalls) -> None:
    calls.resume()
    response = alice.delete_many(*asset_ids)
    assert response.status == 422
    assert response.detail.startswith("asset_ids")
    assert calls.made == []


def test_unlisted_public_files_are_deleted(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    asset_id = unlisted_publication(alice, s3, calls)
    assert alice.delete_many(asset_id).json()["deleted"] == [asset_id]
    assert public(s3) == []


def test_a_hundred_deletes_take_four_transactions(alice: Caller, dynamodb: "DynamoDBClient", calls: AwsCalls) -> None:
    (item,) = [alice.upload("image.png", media.png(), tags=["t"]).json()["asset_id"]]
    (stored,) = (each for each in dynamodb.scan(TableName="assets")["Items"] if each["sk"]["S"] == f"asset#{item}")
    ids = [f"{item[:-12]}{number:012x}" for number in range(100)]
    for asset_id in ids:
        dynamodb.put_item(TableName="assets", Item={**stored, "sk": {"S": f"asset#{asset_id}"}})
    calls.resume()
    assert alice.delete_many(*ids).json()["deleted"] == ids
    assert calls.made == ["BatchGetItem", *["TransactWriteItems"] * 4, "DeleteObjects"]


def test_bytes_that_s3_did_not_remove_are_purged_by_the_stream(
    alice: Caller, ids: list[str], s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls
) -> None:
    calls.refuse("DeleteObjects", "InternalError", 500, times=1)
    assert alice.delete_many(*ids).json()["deleted"] == ids
    tombstone_written(*tombstones(dynamodb))
    assert public(s3) == []


def test_partial_failures_are_reported_and_can_be_repeated(
    alice: Caller, ids: list[str], s3: "S3Client", calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "_MAX_WRITES", 4)  # one asset with a tag
    monkeypatch.setattr(transactions, "_PAUSE_SECONDS", 0)
    calls.resume()
    throttled = "ProvisionedThroughputExceededException"
    calls.at(2, "after", lambda: calls.refuse("TransactWriteItems", throttled, 400, times=20))
    response = alice.delete_many(*ids).json()
    assert len(response["deleted"]) == 1
    assert sorted(response["deleted"] + response["failed"]) == sorted(ids)
    assert response["not_found"] == []
    calls.refuse("TransactWriteItems", throttled, 400, times=0)
    calls.resume()
    assert alice.delete_many(*response["failed"]).json()["deleted"] == response["failed"]
    assert public(s3) == []


def test_a_complete_failure_is_a_503(alice: Caller, ids: list[str], calls: AwsCalls) -> None:
    calls.refuse("BatchGetItem", "ProvisionedThroughputExceededException", 400, times=20)
    assert alice.delete_many(*ids).status == 503
    assert len(alice.list().json()["assets"]) == 3


@pytest.mark.parametrize(("call", "moment"), moments(3))
def test_concurrent_batches_delete_each_asset_once(
    call: int,
    moment: Moment,
    alice: Caller,
    ids: list[str],
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
) -> None:
    responses = []
    calls.resume()
    calls.at(call, moment, lambda: responses.append(alice.delete_many(*ids[1:])))
    responses.append(alice.delete_many(*ids[:2]))
    deleted = [asset_id for response in responses for asset_id in response.json()["deleted"]]
    assert sorted(deleted) == sorted(ids)
    assert alice.usage().json()["assets"] == 0
    assert public(s3) == []
    assert sorted(tombstones(dynamodb)) == sorted(ids)


@pytest.mark.parametrize(("call", "moment"), moments(3))
def test_after_a_crash_the_stream_completes_the_deletes(
    call: int,
    moment: Moment,
    alice: Caller,
    ids: list[str],
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
) -> None:
    with calls.stopped_at(call, moment):
        alice.delete_many(*ids)
    if deleted := tombstones(dynamodb):
        tombstone_written(*deleted)
    listed = [asset["asset_id"] for asset in alice.list().json()["assets"]]
    assert sorted(public(s3)) == sorted(listed)
    assert sorted([*listed, *deleted]) == sorted(ids)
    assert alice.usage().json()["assets"] == len(listed)
