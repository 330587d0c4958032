"""Deletes: assets leave the list and the bucket at once, and for good."""

from typing import TYPE_CHECKING

import pytest

from asset_api.assets.tombstones import KEPT_SECONDS
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller
from tests.functions.interrupted_publications import unlisted_publication
from tests.functions.triggers import arrived, file_arrived, post, public, tombstones

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock


@pytest.fixture
def asset_id(alice: Caller) -> str:
    uploaded: str = alice.upload("image.png", media.png()).json()["asset_id"]
    return uploaded


def test_removes_the_asset_from_the_list_and_its_bytes(alice: Caller, asset_id: str, s3: "S3Client") -> None:
    response = alice.delete(asset_id)
    assert response.status == 200
    assert response.json() == {"success": True, "message": f"Asset {asset_id} deleted successfully"}
    assert alice.list().json()["assets"] == []
    assert alice.metadata(asset_id).status == 404
    assert (public(s3), arrived(s3)) == ([], [])


def test_an_asset_without_bytes_can_be_deleted(
    alice: Caller, asset_id: str, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    """A power cut may lose the local stack's bytes of the last second, but not the items."""
    s3.delete_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    assert alice.delete(asset_id).status == 200
    assert alice.list().json()["assets"] == []
    assert len(tombstones(dynamodb)) == 1


def test_deleting_again_is_a_404(alice: Caller, asset_id: str) -> None:
    alice.delete(asset_id)
    response = alice.delete(asset_id)
    assert (response.status, response.detail) == (404, "Asset not found")


def test_another_owners_asset_is_a_404_and_kept(alice: Caller, bob: Caller, asset_id: str, s3: "S3Client") -> None:
    response = bob.delete(asset_id)
    assert (response.status, response.detail) == (404, "Asset not found")
    assert alice.metadata(asset_id).status == 200
    assert public(s3) == [asset_id]


@pytest.mark.parametrize("unknown", ["019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "none", "a" * 3000])
def test_an_unknown_asset_is_a_404_without_a_tombstone(unknown: str, alice: Caller, dynamodb: "DynamoDBClient") -> None:
    response = alice.delete(unknown)
    assert (response.status, response.detail) == (404, "Asset not found")
    assert tombstones(dynamodb) == []


def test_an_unpublished_upload_cannot_be_deleted(alice: Caller) -> None:
    assert alice.delete(alice.ask_for_form(filename="image.png").json()["asset_id"]).status == 404


def test_the_tombstone_outlives_everything_in_flight(
    alice: Caller, asset_id: str, dynamodb: "DynamoDBClient", clock: "Clock"
) -> None:
    alice.delete(asset_id)
    key = {"owner": {"S": "alice"}, "sk": {"S": f"tombstone#{asset_id}"}}
    tombstone = dynamodb.get_item(TableName="assets", Key=key)["Item"]
    assert int(tombstone["expires_at"]["N"]) == int(clock().timestamp()) + KEPT_SECONDS
    # SQS keeps a message in the queue for 4 days, and then in the dead-letter queue for 14.
    assert KEPT_SECONDS > 18 * 24 * 3600


def test_the_asset_leaves_the_list_even_if_s3_fails(alice: Caller, asset_id: str, calls: AwsCalls) -> None:
    calls.refuse("DeleteObjects", "SlowDown", 503)
    response = alice.delete(asset_id)
    assert response.status == 503
    assert alice.list().json()["assets"] == []
    assert alice.delete(asset_id).status == 404


def test_a_conflict_with_another_write_is_a_503_and_the_delete_can_be_repeated(
    alice: Caller, asset_id: str, calls: AwsCalls
) -> None:
    calls.refuse("TransactWriteItems", "TransactionInProgressException", 400)
    assert alice.delete(asset_id).status == 503
    assert alice.delete(asset_id).status == 200


def test_an_unlisted_public_file_can_be_deleted_by_its_owner(
    alice: Caller, bob: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    asset_id = unlisted_publication(alice, s3, calls)
    assert public(s3) == [asset_id]
    assert bob.delete(asset_id).status == 404
    assert public(s3) == [asset_id]
    calls.resume()
    assert alice.delete(asset_id).status == 200
    assert calls.made == [
        *("BatchGetItem", "HeadObject", "TransactWriteItems"),
        *("ListObjectVersions", "DeleteObjects", "DeleteObjects", "ListObjectsV2"),
    ]
    assert (public(s3), arrived(s3)) == ([], [])
    assert alice.delete(asset_id).status == alice.complete(asset_id).status == 404


def test_a_publication_does_not_list_a_deleted_file(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    body = alice.ask_for_form(filename="image.png").json()
    version_id = post(s3, body["upload"], media.png())
    calls.resume()
    calls.at(4, "before", lambda: alice.delete(body["asset_id"]))
    file_arrived(body["asset_id"], version_id)
    assert alice.list().json()["assets"] == []
    assert (public(s3), arrived(s3)) == ([], [])


def test_a_delete_concurrent_with_the_listing_removes_the_asset(
    alice: Caller, s3: "S3Client", calls: AwsCalls, dynamodb: "DynamoDBClient"
) -> None:
    """The delete finds nothing listed, then the bytes; the event lists them just before the tombstone is written."""
    asset_id = unlisted_publication(alice, s3, calls)
    calls.at(3, "before", lambda: file_arrived(asset_id))
    assert alice.delete(asset_id).status == 200
    assert alice.list().json()["assets"] == []
    assert tombstones(dynamodb) == [asset_id]
    assert (public(s3), arrived(s3)) == ([], [])


def test_a_repeated_delete_removes_the_bytes_of_a_crashed_one(
    alice: Caller, asset_id: str, s3: "S3Client", calls: AwsCalls
) -> None:
    calls.refuse("DeleteObjects", "SlowDown", 503)
    assert alice.delete(asset_id).status == 503
    assert public(s3) == [asset_id]
    assert alice.delete(asset_id).status == 404
    assert public(s3) == []


def test_every_version_is_removed(alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch) -> None:
    body = alice.ask_for_form(filename="image.png").json()
    neighbor = alice.upload("image.png", media.png()).json()["asset_id"]
    for _ in range(5):
        post(s3, body["upload"], media.png())
    assert alice.complete(body["asset_id"]).status == 201
    s3.delete_object(
        Bucket="incoming", Key=f"uploads/{body['asset_id']}"
    )  # a delete marker, as left by lifecycle rules
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    assert alice.delete(body["asset_id"]).status == 200
    monkeypatch.undo()
    assert [asset_id for asset_id, _ in arrived(s3)] == [neighbor]
