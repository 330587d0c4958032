"""Changes of visibility while renditions are being made, or the same upload is being published again."""

import contextlib
from typing import TYPE_CHECKING

import pytest

from asset_api.assets.asset import Visibility
from asset_api.composition import publishing
from tests import media
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.cdn import view
from tests.functions.gateway import Caller, Response
from tests.functions.private_assets import (
    BOTH,
    changed_with_patience,
    changed_with_retries,
    checked_visibility,
    objects,
    path,
    signed,
    uploaded,
)
from tests.functions.renditions import viewer
from tests.functions.test_change import left, pass_last_look, pass_minutes
from tests.functions.triggers import arrived, file_arrived, post

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock


def test_a_rendition_in_progress_is_awaited(alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock") -> None:
    """Its maker has read the public bytes, and will store the rendition below the public key."""
    asset_id = uploaded(alice, "public")
    responses: list[Response] = []
    calls.resume()
    # Claimed and read, but not stored: the change waits as long as possible.
    calls.at(4, "before", lambda: responses.append(changed_with_patience(alice, asset_id, clock, visibility="private")))
    assert viewer.ask(asset_id, "w160.webp").status == 404
    calls.resume()
    assert (responses[0].status, responses[0].detail[:9]) == (503, "The asset")
    # The bytes have moved, but a 503 promises nothing; repeating the change completes it.
    assert checked_visibility(s3, alice, asset_id) == "private"
    changed_with_retries(alice, asset_id, clock, visibility="private")


def test_a_crashed_maker_leaves_nothing_public(alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock") -> None:
    asset_id = uploaded(alice, "public")
    with calls.stopped_at(4, "after"):  # stored
        viewer.ask(asset_id, "w160.webp")
    changed_with_retries(alice, asset_id, clock, visibility="private")
    assert checked_visibility(s3, alice, asset_id) == "private"
    assert view(s3, signed(alice, asset_id, rendition="w160.webp")).status == 200


@pytest.mark.parametrize(("call", "moment"), moments(6))
@pytest.mark.parametrize("visibility", BOTH)
def test_a_change_during_a_rendition_leaves_none_at_the_wrong_key(
    call: int, moment: Moment, visibility: Visibility, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    asset_id = uploaded(alice, "public" if visibility == "private" else "private")
    url = signed(alice, asset_id, rendition="w160.webp") if visibility == "public" else path(asset_id, "w160.webp")
    calls.resume()
    calls.at(call, moment, lambda: changed_with_patience(alice, asset_id, clock, visibility=visibility))
    view(s3, url)
    calls.resume()
    changed_with_retries(alice, asset_id, clock, visibility=visibility)
    assert checked_visibility(s3, alice, asset_id) == visibility


@pytest.mark.parametrize(("call", "moment"), moments(11))
@pytest.mark.parametrize("visibility", BOTH)
def test_a_change_during_the_first_thumbnails_keeps_the_thumbhash(
    call: int, moment: Moment, visibility: Visibility, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """The request for the thumbnails, which names the original visibility, may also be processed later."""
    before: Visibility = "public" if visibility == "private" else "private"
    asset_id = uploaded(alice, before)
    calls.resume()
    calls.at(call, moment, lambda: changed_with_patience(alice, asset_id, clock, visibility=visibility))
    viewer.image_published("alice", asset_id, "image/png", visibility=before)
    calls.resume()
    assert alice.metadata(asset_id).json()["thumbhash"]
    # A change to private may have given up waiting for the maker.
    changed_with_retries(alice, asset_id, clock, visibility=visibility)
    for each in objects(s3):
        assert each.startswith(f"{asset_id}/private") == (visibility == "private")


def test_a_signed_url_keeps_working_after_the_asset_becomes_public(
    alice: Caller, asset_id: str, s3: "S3Client"
) -> None:
    urls = {"": signed(alice, asset_id), "w160.webp": signed(alice, asset_id, rendition="w160.webp")}
    assert alice.change(asset_id, visibility="public").status == 200
    for rendition, url in urls.items():
        response = view(s3, url)
        assert (response.status, response.headers["cache-control"]) == (307, "no-store")
        assert view(s3, response.headers["location"]).status == 200
        assert response.headers["location"] == path(asset_id, rendition)


@pytest.mark.parametrize("visibility", BOTH)
@pytest.mark.parametrize(("call", "moment"), moments(5))
def test_a_late_publication_leaves_nothing_at_the_old_key(
    call: int,
    moment: Moment,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    """The event is being processed while the client completes the upload and changes its visibility."""
    before = "public" if visibility == "private" else "private"
    form = alice.ask_for_form(filename="image.png", visibility=before).json()
    asset_id = form["asset_id"]
    version_id = post(s3, form["upload"], media.png())

    def complete_and_change() -> None:
        assert alice.complete(asset_id).status == 201
        assert changed_with_patience(alice, asset_id, clock, visibility=visibility).status == 200

    calls.resume()
    calls.at(call, moment, complete_and_change)
    file_arrived(asset_id, version_id)
    calls.resume()
    assert checked_visibility(s3, alice, asset_id) == visibility
    pass_minutes(clock, 4)
    pass_last_look(clock)
    assert checked_visibility(s3, alice, asset_id) == visibility
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize(("call", "moment"), moments(8, first=4))
def test_a_crashed_late_publication_is_cleaned_up(
    call: int, moment: Moment, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    form = alice.ask_for_form(filename="image.png").json()
    asset_id = form["asset_id"]
    version_id = post(s3, form["upload"], media.png())

    def complete_and_change() -> None:
        assert alice.complete(asset_id).status == 201
        assert changed_with_patience(alice, asset_id, clock, visibility="private").status == 200

    calls.resume()
    calls.at(3, "before", complete_and_change)
    calls.stop(call, moment)
    with contextlib.suppress(Stopped):
        file_arrived(asset_id, version_id)
    calls.resume()
    pass_minutes(clock, 4)
    pass_last_look(clock)
    assert checked_visibility(s3, alice, asset_id) == "private"
    # The event is redelivered.
    for again, version in arrived(s3):
        file_arrived(again, version)
    assert checked_visibility(s3, alice, asset_id) == "private"


# --- Another publication of the same upload --------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", BOTH)
@pytest.mark.parametrize(("call", "moment"), moments(9, first=4))
def test_posting_a_form_twice_never_replaces_the_listed_file(
    call: int, moment: Moment, visibility: Visibility, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """The second file is stored at the key that the first has left, and then the first comes back."""
    elsewhere = "private" if visibility == "public" else "public"
    form = alice.ask_for_form(filename="image.png", visibility=visibility).json()
    asset_id = form["asset_id"]
    post(s3, form["upload"], media.png())
    first = publishing.incoming_bucket().find(asset_id)
    assert first
    second = post(s3, form["upload"], media.png(9, 9))

    def list_the_first_and_change_it() -> None:
        publishing.publisher().publish(first)
        assert changed_with_patience(alice, asset_id, clock, visibility=elsewhere).status == 200

    calls.resume()
    calls.at(3, "before", list_the_first_and_change_it)  # the second is about to be stored
    calls.at(call, moment, lambda: changed_with_patience(alice, asset_id, clock, visibility=visibility))
    file_arrived(asset_id, second)
    calls.resume()
    changed_with_retries(alice, asset_id, clock, visibility=visibility)
    assert checked_visibility(s3, alice, asset_id) == visibility
    pass_minutes(clock, 4)
    pass_last_look(clock)
    assert checked_visibility(s3, alice, asset_id) == visibility
