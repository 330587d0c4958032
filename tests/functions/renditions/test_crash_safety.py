"""Making a rendition, stopped or overtaken by a delete at each of its calls: nothing outlives its asset."""

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from asset_api.renditions.leases import LEASE_SECONDS
from tests import media
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.clock import Clock
from tests.functions.gateway import Caller
from tests.functions.renditions.viewer import a_minute_passes, ask, stored
from tests.functions.triggers import file_arrived, post, public, tombstone_written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

CALLS_OF_A_RENDITION = 6
# The original is read by the third call, and the rendition stored by the fourth.
READ = 3


def every_moment_from(first: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("number", "moment"), moments(CALLS_OF_A_RENDITION, first))


every_moment = every_moment_from(1)
NAME = "w320.webp"


@pytest.fixture
def asset_id(alice: Caller) -> str:
    uploaded: str = alice.upload("image.png", media.png()).json()["asset_id"]
    file_arrived(uploaded)
    return uploaded


@pytest.fixture
def left(s3: "S3Client", dynamodb: "DynamoDBClient") -> Callable[[], list[str]]:
    """List the public bytes, including renditions, and the leases."""

    def list_all() -> list[str]:
        in_flight = dynamodb.scan(TableName="assets", IndexName="InFlight")["Items"]
        return [*public(s3), *(item["owner"]["S"] for item in in_flight if item["in_flight"]["S"] == "rendition")]

    return list_all


@pytest.fixture
def clean_up(calls: AwsCalls, clock: Clock) -> Callable[[], None]:
    """Resume calls, let the maker's lease expire, and run `reconcile`."""

    def run() -> None:
        calls.resume()
        clock.advance(LEASE_SECONDS + 1)
        a_minute_passes()

    return run


def delete(alice: Caller, asset_id: str) -> None:
    assert alice.delete(asset_id).status == 200
    tombstone_written(asset_id)


def test_a_rendition_makes_the_expected_number_of_calls(asset_id: str, calls: AwsCalls) -> None:
    calls.resume()
    ask(asset_id, NAME)
    assert len(calls.made) == CALLS_OF_A_RENDITION


@every_moment
def test_a_rendition_of_a_concurrently_deleted_asset_is_removed(
    number: int,
    moment: Moment,
    alice: Caller,
    asset_id: str,
    calls: AwsCalls,
    left: Callable[[], list[str]],
) -> None:
    calls.resume()
    calls.at(number, moment, lambda: delete(alice, asset_id))
    assert ask(asset_id, NAME).status in (200, 404)
    assert left() == []


@every_moment
def test_a_crashed_makers_rendition_is_removed_with_its_asset(
    number: int,
    moment: Moment,
    alice: Caller,
    asset_id: str,
    calls: AwsCalls,
    clean_up: Callable[[], None],
    left: Callable[[], list[str]],
) -> None:
    """The maker is overtaken by a delete just before it crashes, so the delete has seen everything."""

    def delete_and_die() -> None:
        delete(alice, asset_id)
        raise Stopped

    calls.resume()
    calls.at(number, moment, delete_and_die)
    with contextlib.suppress(Stopped):
        ask(asset_id, NAME)
    clean_up()
    assert left() == []


@every_moment_from(READ + 1)
def test_a_maker_that_crashes_after_a_delete_leaves_nothing(
    number: int,
    moment: Moment,
    alice: Caller,
    asset_id: str,
    calls: AwsCalls,
    clean_up: Callable[[], None],
    left: Callable[[], list[str]],
) -> None:
    """The asset is deleted before the bytes are stored; then the maker crashes at each later call."""
    calls.resume()
    calls.at(READ, "after", lambda: delete(alice, asset_id))
    calls.stop(number, moment)
    with contextlib.suppress(Stopped):
        ask(asset_id, NAME)
    clean_up()
    assert left() == []


@every_moment
def test_a_crashed_makers_rendition_can_be_made_again(
    number: int,
    moment: Moment,
    asset_id: str,
    calls: AwsCalls,
    clean_up: Callable[[], None],
    left: Callable[[], list[str]],
) -> None:
    with calls.stopped_at(number, moment):
        ask(asset_id, NAME)
    clean_up()
    assert set(left()) <= {asset_id, f"{asset_id}/{NAME}"}
    assert ask(asset_id, NAME).status == 200
    assert left() == [asset_id, f"{asset_id}/{NAME}"]


def test_reusing_a_form_restores_no_rendition_of_a_deleted_asset(
    alice: Caller, calls: AwsCalls, s3: "S3Client"
) -> None:
    """The bytes are public again until `complete` sees the tombstone; a viewer requests them in between."""
    body = alice.ask_for_form(filename="image.png").json()
    asset_id = body["asset_id"]
    post(s3, body["upload"], media.png())

    def publish_delete_and_post_again() -> None:
        file_arrived(asset_id)
        delete(alice, asset_id)
        post(s3, body["upload"], media.png())

    responses = []
    calls.resume()
    calls.at(1, "after", publish_delete_and_post_again)
    calls.at(3, "after", lambda: responses.append(ask(asset_id, NAME).status))
    assert alice.complete(asset_id).status == 404
    assert responses == [200]
    assert (public(s3), stored(s3)) == ([], [])


def is_invalidated(dynamodb: "DynamoDBClient", asset_id: str) -> bool:
    """Tell whether `purge` gets a record by which it invalidates CloudFront's copies of the renditions."""
    key = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": f"change#{asset_id}"}}
    return "applied" in dynamodb.get_item(TableName="assets", Key=key).get("Item", {})


def test_a_rendition_stored_after_the_purge_is_invalidated(
    alice: Caller, asset_id: str, calls: AwsCalls, dynamodb: "DynamoDBClient"
) -> None:
    calls.resume()
    calls.at(READ, "after", lambda: delete(alice, asset_id))
    assert ask(asset_id, NAME).status == 404
    assert is_invalidated(dynamodb, asset_id)


@every_moment_from(READ + 2)
def test_a_rendition_stored_after_the_purge_is_invalidated_even_if_its_maker_crashes(
    number: int,
    moment: Moment,
    alice: Caller,
    asset_id: str,
    calls: AwsCalls,
    clean_up: Callable[[], None],
    dynamodb: "DynamoDBClient",
) -> None:
    calls.resume()
    calls.at(READ, "after", lambda: delete(alice, asset_id))
    calls.stop(number, moment)
    with pytest.raises(Stopped):
        ask(asset_id, NAME)
    clean_up()
    assert is_invalidated(dynamodb, asset_id)


def test_a_crashed_makers_rendition_of_a_listed_asset_is_not_invalidated(
    asset_id: str, calls: AwsCalls, clean_up: Callable[[], None], dynamodb: "DynamoDBClient"
) -> None:
    with calls.stopped_at(READ + 1, "after"):
        ask(asset_id, NAME)
    clean_up()
    assert not is_invalidated(dynamodb, asset_id)


@pytest.mark.parametrize("operation", ["HeadObject", "DeleteObject", "UpdateItem"])
def test_a_failure_after_a_rendition_is_stored_leaves_nothing_of_a_deleted_asset(
    operation: str,
    alice: Caller,
    asset_id: str,
    calls: AwsCalls,
    clean_up: Callable[[], None],
    left: Callable[[], list[str]],
    dynamodb: "DynamoDBClient",
) -> None:
    """The original is looked for, the rendition removed, and its invalidation requested: AWS fails at one of them."""
    calls.resume()
    calls.at(READ, "after", lambda: delete(alice, asset_id))
    calls.at(READ + 1, "after", lambda: calls.refuse(operation, "SlowDown", 503))
    assert ask(asset_id, NAME).status >= 500
    clean_up()
    assert left() == []
    assert is_invalidated(dynamodb, asset_id)


def test_failures_of_aws_do_not_use_up_the_attempts_at_a_rendition(asset_id: str, calls: AwsCalls) -> None:
    for _ in range(3):
        calls.resume()
        calls.at(READ + 1, "after", lambda: calls.refuse("HeadObject", "SlowDown", 503))
        assert ask(asset_id, NAME).status >= 500
    calls.resume()
    assert ask(asset_id, NAME).status == 200
