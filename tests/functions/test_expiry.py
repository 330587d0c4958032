"""Expired assets: `reconcile` replaces each with a tombstone, as a delete does."""

from typing import TYPE_CHECKING

from functions.reconcile import app as reconcile
from tests import media
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller, Context
from tests.functions.logs import Logged
from tests.functions.test_change import MinuteContext, left, pass_minutes
from tests.functions.triggers import arrived, file_arrived, public, tombstone_written, tombstones

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock


class LastSecondsContext(Context):
    """A run whose jobs have left too little time for the rest."""

    def get_remaining_time_in_millis(self) -> int:
        return 20_000


def expiry_shard(dynamodb: "DynamoDBClient", asset_id: str) -> str:
    found = dynamodb.get_item(TableName="assets", Key={"owner": {"S": "alice"}, "sk": {"S": f"asset#{asset_id}"}})
    return found["Item"]["in_flight"]["S"]


def test_an_expired_asset_is_deleted(alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", clock: "Clock") -> None:
    kept = alice.upload("image.png", media.png(), tags=["t"]).json()["asset_id"]
    expiring = alice.upload("image.png", media.png(), expires_in="90", tags=["t"]).json()["asset_id"]
    pass_minutes(clock, 1)
    assert sorted(public(s3)) == sorted([kept, expiring])
    pass_minutes(clock, 1)
    assert tombstones(dynamodb) == [expiring]
    (tombstone,) = (item for item in dynamodb.scan(TableName="assets")["Items"] if "cause" in item)
    assert tombstone["cause"]["S"] == "expiry"
    tombstone_written(expiring)
    assert public(s3) == [kept]
    assert [asset_id for asset_id, _ in arrived(s3)] == [kept]
    assert alice.usage().json()["assets"] == 1
    assert len(left(dynamodb, "tag#")) == 1
    assert alice.complete(expiring).status == 404


def test_the_cost_of_a_run_depends_on_due_assets(alice: Caller, calls: AwsCalls, clock: "Clock") -> None:
    for _ in range(3):
        alice.upload("image.png", media.png())
        alice.upload("image.png", media.png(), expires_in="3600")
    calls.resume()
    reconcile.handler({}, MinuteContext())
    # Four partitions for expiry, four for changes; the rest are those of jobs and renditions.
    assert set(calls.made) == {"Query"}
    idle = len(calls.made)
    clock.advance(3600)
    calls.resume()
    reconcile.handler({}, MinuteContext())
    due = [call for call in calls.made if call != "Query"]
    assert due[:2] == ["BatchGetItem", "TransactWriteItems"]
    assert len(due) <= 3 * 2
    assert calls.made.count("Query") == idle


def test_a_run_that_is_out_of_time_logs_how_late_the_rest_is(
    alice: Caller, dynamodb: "DynamoDBClient", clock: "Clock", logged: Logged
) -> None:
    asset_id = alice.upload("image.png", media.png(), expires_in="60").json()["asset_id"]
    clock.advance(200)
    reconcile.handler({}, LastSecondsContext())
    (line,) = (line for line in logged.lines if line["message"] == "out of time for upkeep")
    assert (line["level"], line["shard"], line["overdue_seconds"]) == ("WARNING", expiry_shard(dynamodb, asset_id), 140)
    assert tombstones(dynamodb) == []
    reconcile.handler({}, MinuteContext())
    assert tombstones(dynamodb) == [asset_id]


def test_an_asset_with_an_extended_expiry_is_kept(alice: Caller, clock: "Clock", dynamodb: "DynamoDBClient") -> None:
    asset_id = alice.upload("image.png", media.png(), expires_in="60").json()["asset_id"]
    clock.advance(59)
    alice.change(asset_id, expires_in=3600)
    # The index is eventually consistent: it still has the old time.
    table = dynamodb.get_item(TableName="assets", Key={"owner": {"S": "alice"}, "sk": {"S": f"asset#{asset_id}"}})
    dynamodb.put_item(TableName="assets", Item={**table["Item"], "check_at": {"N": "1"}})
    pass_minutes(clock, 2)
    assert alice.metadata(asset_id).status == 200
    assert tombstones(dynamodb) == []


def test_one_failure_does_not_block_the_others(
    alice: Caller, bob: Caller, calls: AwsCalls, clock: "Clock", dynamodb: "DynamoDBClient"
) -> None:
    ids = [owner.upload("image.png", media.png(), expires_in="60").json()["asset_id"] for owner in (alice, bob)]
    clock.advance(60)
    calls.refuse("TransactWriteItems", "InternalServerError", 400, times=1)
    reconcile.handler({}, MinuteContext())
    assert len(tombstones(dynamodb)) == 1
    pass_minutes(clock, 1)
    assert sorted(tombstones(dynamodb)) == sorted(ids)


def test_an_asset_that_expires_before_its_event_is_removed(
    alice: Caller, s3: "S3Client", clock: "Clock", dynamodb: "DynamoDBClient"
) -> None:
    asset_id = alice.upload("image.png", media.png(), expires_in="60").json()["asset_id"]
    clock.advance(61)
    # Its late event does not list it again.
    file_arrived(asset_id)
    assert alice.list().json()["assets"] == []
    pass_minutes(clock, 1)
    tombstone_written(*tombstones(dynamodb))
    assert public(s3) == []
