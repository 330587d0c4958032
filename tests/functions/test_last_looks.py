"""Bytes that S3 stores after their asset was purged or made private, of a publication that crashes right afterwards."""

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.assets import tombstones
from asset_api.assets.public_urls import object_key
from asset_api.composition import changing
from tests import media
from tests.functions.aws_calls import AwsCalls, Stopped
from tests.functions.gateway import Caller, Response
from tests.functions.private_assets import changed_with_patience, uploaded
from tests.functions.test_change import left, pass_last_look, pass_minutes
from tests.functions.triggers import file_arrived, post, public, tombstone_written

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

# The call that stores a rewritten file, of its event.
STORED = 3


def store_late(meanwhile: "Callable[[str], object]", alice: Caller, s3: "S3Client", calls: AwsCalls) -> str:
    """Let `meanwhile` happen before the event's publication stores the file, and the publication crash afterwards."""
    form = alice.ask_for_form(filename="image.jpg").json()
    asset_id = str(form["asset_id"])
    version_id = post(s3, form["upload"], media.jpeg(exif=True))
    calls.resume()
    calls.at(STORED, "before", lambda: meanwhile(asset_id))
    calls.stop(STORED, "after")
    with pytest.raises(Stopped):
        file_arrived(asset_id, version_id)
    assert calls.made[STORED - 1] == "PutObject"
    calls.resume()
    return asset_id


def store_after_the_purge(alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock") -> str:
    """Store a file late whose asset was published, deleted and purged ten minutes before."""

    def complete_delete_and_purge(asset_id: str) -> None:
        assert alice.complete(asset_id).status == 201
        assert alice.delete(asset_id).status == 200
        tombstone_written(asset_id)
        pass_minutes(clock, 10)

    return store_late(complete_delete_and_purge, alice, s3, calls)


def in_index(dynamodb: "DynamoDBClient", asset_id: str) -> bool:
    return "in_flight" in item(dynamodb, f"tombstone#{asset_id}")


def is_invalidated(dynamodb: "DynamoDBClient", asset_id: str) -> bool:
    """Tell whether `purge` gets the record by which it invalidates CloudFront's copies."""
    return "applied" in item(dynamodb, f"change#{asset_id}")


def item(dynamodb: "DynamoDBClient", sort_key: str) -> dict[str, Any]:
    """Return alice's item with this key; empty if there is none."""
    found = dynamodb.get_item(TableName="assets", Key={"owner": {"S": "alice"}, "sk": {"S": sort_key}})
    return dict(found.get("Item", {}))


def test_bytes_stored_after_the_purge_are_removed(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls, clock: "Clock"
) -> None:
    asset_id = store_after_the_purge(alice, s3, calls, clock)
    assert public(s3) == [asset_id]
    clock.advance(tombstones.LAST_LOOK_AFTER_SECONDS - 601)
    pass_minutes(clock, 1)
    assert public(s3) == []
    assert is_invalidated(dynamodb, asset_id)
    pass_minutes(clock, 2)
    assert (left(dynamodb, "change#"), in_index(dynamodb, asset_id)) == ([], False)


@pytest.mark.parametrize(
    ("request_again", "number"),
    [*((Caller.complete, number) for number in range(1, 7)), *((Caller.delete, number) for number in range(1, 11))],
)
def test_bytes_stored_after_the_purge_are_invalidated_if_a_request_removes_them(
    request_again: "Callable[[Caller, str], Response]",
    number: int,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    """The last look finds nothing any more. The first request crashes at each of its calls."""
    asset_id = store_after_the_purge(alice, s3, calls, clock)
    with calls.stopped_at(number, "before"):
        request_again(alice, asset_id)
    invalidated = [is_invalidated(dynamodb, asset_id)]
    assert request_again(alice, asset_id).status == 404
    assert public(s3) == []
    for _ in range(3):
        invalidated.append(is_invalidated(dynamodb, asset_id))
        pass_minutes(clock, 1)
    assert any(invalidated)
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize("number", range(1, 8))
def test_a_crashed_last_look_is_completed(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls, clock: "Clock"
) -> None:
    asset_id = uploaded(alice, "public")
    alice.delete(asset_id)
    tombstone_written(asset_id)
    s3.put_object(Bucket="assets", Key=object_key(asset_id), Body=b"stored late")
    clock.advance(tombstones.LAST_LOOK_AFTER_SECONDS)
    with calls.stopped_at(number, "after"):
        changing.upkeep().take_last_looks()
    was_invalidated = is_invalidated(dynamodb, asset_id)
    pass_minutes(clock, 1)
    assert public(s3) == []
    assert was_invalidated or is_invalidated(dynamodb, asset_id)
    pass_minutes(clock, 2)
    assert (left(dynamodb, "change#"), in_index(dynamodb, asset_id)) == ([], False)


@pytest.mark.parametrize("number", range(1, 8))
def test_a_crash_while_bytes_of_a_deleted_asset_are_removed_loses_no_invalidation(
    number: int, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls, clock: "Clock"
) -> None:
    """A change before the delete was invalidated, but viewers have fetched what a copy restored after the delete."""
    asset_id = uploaded(alice, "public")
    assert alice.change(asset_id, filename="new.png").status == 200
    before = item(dynamodb, f"change#{asset_id}")["applied"]
    assert alice.delete(asset_id).status == 200
    tombstone_written(asset_id)
    s3.put_object(Bucket="assets", Key=object_key(asset_id), Body=b"restored")
    clock.advance(41)
    calls.resume()
    calls.stop(number, "after")
    with contextlib.suppress(Stopped):
        changing.upkeep().changer.finish("alice", asset_id)
    assert len(calls.made) == number
    calls.resume()
    invalidations = [item(dynamodb, f"change#{asset_id}").get("applied")]
    for _ in range(3):
        pass_minutes(clock, 1)
        invalidations.append(item(dynamodb, f"change#{asset_id}").get("applied"))
    assert public(s3) == []
    assert any(each not in (before, None) for each in invalidations)
    assert left(dynamodb, "change#") == []


def test_a_last_look_that_finds_nothing_takes_two_calls_besides_the_query(
    alice: Caller, calls: AwsCalls, clock: "Clock"
) -> None:
    alice.delete(uploaded(alice))
    clock.advance(tombstones.LAST_LOOK_AFTER_SECONDS)
    calls.resume()
    assert changing.upkeep().take_last_looks() == 0
    assert calls.made == ["Query", "ListObjectsV2", "UpdateItem"]
    calls.resume()
    assert changing.upkeep().take_last_looks() == 0
    assert calls.made == ["Query"]


def test_a_rendition_stored_after_the_purge_is_removed_and_invalidated(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", clock: "Clock"
) -> None:
    asset_id = uploaded(alice, "public")
    alice.delete(asset_id)
    tombstone_written(asset_id)
    s3.put_object(Bucket="assets", Key=f"{object_key(asset_id)}/w320.webp", Body=b"rendition")
    clock.advance(tombstones.LAST_LOOK_AFTER_SECONDS)
    assert changing.upkeep().take_last_looks() == 1
    assert (public(s3), is_invalidated(dynamodb, asset_id), in_index(dynamodb, asset_id)) == ([], True, False)


def test_bytes_stored_at_the_old_key_after_a_change_are_removed(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls, clock: "Clock"
) -> None:
    def complete_and_make_private(asset_id: str) -> None:
        assert alice.complete(asset_id).status == 201
        assert changed_with_patience(alice, asset_id, clock, visibility="private").status == 200
        pass_minutes(clock, 10)

    asset_id = store_late(complete_and_make_private, alice, s3, calls)
    pass_minutes(clock, 1)
    assert asset_id in public(s3)
    pass_last_look(clock)
    assert public(s3) == [f"{asset_id}/private"]
    pass_minutes(clock, 2)
    pass_last_look(clock)
    assert (public(s3), left(dynamodb, "change#")) == ([f"{asset_id}/private"], [])
