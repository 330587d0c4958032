"""Three flows at once around a delete, one of them stopped; and outages. Fewer flows at once: `faults/crash_points`."""

import contextlib
import hashlib
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from tests import media
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.gateway import Caller

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

# A file that is copied unchanged, and one whose metadata is removed: the two ways into the assets bucket.
FILES = {"image.png": media.png(), "image.jpg": media.jpeg(exif=True)}


def every_moment(calls: int) -> "pytest.MarkDecorator":
    return pytest.mark.parametrize(("number", "moment"), moments(calls))


def assert_consistent(s3: "S3Client", dynamodb: "DynamoDBClient") -> None:
    """Check the invariants: listed assets have bytes and vice versa, and nothing deleted is listed or public."""
    items = {item["sk"]["S"]: item for item in dynamodb.scan(TableName="assets")["Items"]}
    listed = set(triggers.listed(dynamodb))
    assert set(triggers.public(s3)) == listed
    assert listed.isdisjoint(triggers.tombstones(dynamodb))
    for asset_id in listed:
        data = triggers.public_bytes(s3, asset_id)
        item = items[f"asset#{asset_id}"]
        assert item["size_bytes"]["N"] == str(len(data))
        assert item["sha256"]["S"] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("name", FILES)
@every_moment(5)
def test_an_asset_deleted_during_a_second_publication_stays_deleted(
    name: str, number: int, moment: Moment, alice: Caller, calls: AwsCalls, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    """Two deliveries of one event, the slower one overtaken at each of its calls by the other and by the delete."""
    body = alice.ask_for_form(filename=name).json()
    triggers.post(s3, body["upload"], FILES[name])

    def publish_and_delete() -> None:
        assert alice.complete(body["asset_id"]).status == 201
        assert alice.delete(body["asset_id"]).status == 200
        triggers.tombstone_written(body["asset_id"])

    calls.resume()
    calls.at(number, moment, publish_and_delete)
    triggers.deliver(triggers.message(f"uploads/{body['asset_id']}"))
    triggers.deliver_files(s3)
    assert triggers.listed(dynamodb) == triggers.public(s3) == []
    assert alice.complete(body["asset_id"]).status == 404


@every_moment(4)
def test_an_asset_deleted_during_complete_stays_deleted(
    number: int, moment: Moment, alice: Caller, calls: AwsCalls, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    name = "image.jpg"
    body = alice.ask_for_form(filename=name).json()
    triggers.post(s3, body["upload"], FILES[name])

    def publish_and_delete() -> None:
        triggers.file_arrived(body["asset_id"])
        assert alice.delete(body["asset_id"]).status in (200, 404)
        triggers.tombstone_written(body["asset_id"])

    calls.resume()
    calls.at(number, moment, publish_and_delete)
    response = alice.complete(body["asset_id"])
    # 201 if it was listed before the delete, 409 if it was deleted between the two reads.
    assert response.status in (201, 404, 409), response.body
    assert alice.complete(body["asset_id"]).status == 404
    triggers.deliver_files(s3)
    assert triggers.listed(dynamodb) == triggers.public(s3) == []


@every_moment(4)
def test_reusing_a_form_during_a_delete_restores_nothing(
    number: int, moment: Moment, alice: Caller, calls: AwsCalls, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    """The slower of two deliveries copies bytes posted after the delete, and crashes before it sees the tombstone."""
    name = "image.png"
    body = alice.ask_for_form(filename=name).json()
    triggers.post(s3, body["upload"], FILES[name])

    def publish_delete_and_post_again() -> None:
        assert alice.complete(body["asset_id"]).status == 201
        assert alice.delete(body["asset_id"]).status == 200
        triggers.tombstone_written(body["asset_id"])
        triggers.post(s3, body["upload"], FILES[name])

    calls.resume()
    calls.at(number, moment, publish_delete_and_post_again)
    if number < 4:
        calls.stop(4, "before")
    with contextlib.suppress(Stopped):
        triggers.deliver(triggers.message(f"uploads/{body['asset_id']}"))
    calls.resume()
    triggers.deliver_files(s3)
    assert triggers.listed(dynamodb) == triggers.public(s3) == []


@pytest.mark.parametrize("number", range(1, 7))
def test_an_aws_outage_is_a_503_and_the_request_can_be_repeated(
    number: int, alice: Caller, calls: AwsCalls, s3: "S3Client", dynamodb: "DynamoDBClient"
) -> None:
    def fail() -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.us-east-1.amazonaws.com")

    calls.resume()
    calls.at(number, "before", fail)
    response = alice.upload("image.png", media.png(), key="once")
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    calls.resume()
    assert alice.upload("image.png", media.png(), key="once").status == 201
    triggers.deliver_everything(s3, dynamodb)
    assert len(triggers.listed(dynamodb)) == 1
    assert_consistent(s3, dynamodb)
