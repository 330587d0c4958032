"""Processes that move bytes for longer than a request runs: nobody else moves them meanwhile."""

from typing import TYPE_CHECKING

import pytest

from asset_api.composition import changing, publishing
from tests.functions.aws_calls import AwsCalls
from tests.functions.gateway import Caller, Response
from tests.functions.private_assets import (
    changed_with_patience,
    changed_with_retries,
    checked_visibility,
    uploaded,
)

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock


def crash_before_the_copy(alice: Caller, calls: AwsCalls, clock: "Clock") -> str:
    """Return the id of a listed private asset whose bytes are still public, when upkeep is due to move them."""
    asset_id = uploaded(alice, "public")
    with calls.stopped_at(7, "before"):
        alice.change(asset_id, visibility="private")
    clock.advance(60)
    return asset_id


def finish(asset_id: str) -> None:
    changing.upkeep().changer.finish("alice", asset_id)


@pytest.mark.parametrize("renames", [False, True])
def test_upkeep_that_takes_most_of_its_minute_loses_no_bytes(
    renames: bool, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """Its copy takes 50 seconds. A rename meanwhile, which needs not wait, registers for less time than upkeep."""
    asset_id = crash_before_the_copy(alice, calls, clock)
    responses: list[Response] = []

    def make_public_again() -> None:
        if renames:
            assert alice.change(asset_id, filename="new.png").status == 200
        clock.advance(50)
        responses.append(changed_with_patience(alice, asset_id, clock, visibility="public"))

    calls.at(8, "before", make_public_again)
    finish(asset_id)
    assert calls.made[7] == "DeleteObject"
    calls.resume()
    assert [response.status for response in responses] == [503]
    assert checked_visibility(s3, alice, asset_id) == "private"
    changed_with_retries(alice, asset_id, clock, visibility="public")
    assert checked_visibility(s3, alice, asset_id) == "public"


def test_a_slow_publication_loses_no_bytes(alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock") -> None:
    """It has ten minutes, and removes what it stored at the key that a change has emptied."""
    asset_id = crash_before_the_copy(alice, calls, clock)
    asset = publishing.publisher().catalog.get("alice", asset_id)
    assert asset
    calls.resume()
    responses: list[Response] = []

    def make_public_again() -> None:
        clock.advance(500)
        finish(asset_id)
        responses.append(changed_with_patience(alice, asset_id, clock, visibility="public"))

    calls.at(6, "before", make_public_again)
    publishing.clear_former_key_in_slow_function(asset)
    assert calls.made[5] == "DeleteObject"
    calls.resume()
    assert [response.status for response in responses] == [503]
    assert checked_visibility(s3, alice, asset_id) == "private"
