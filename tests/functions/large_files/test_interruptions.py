"""Publications of large files that crash, are delivered twice, or overlap with a delete or an abort."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from asset_api.composition import assets, publishing
from asset_api.platform.errors import ApiError
from tests.functions import triggers
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.clock import Clock
from tests.functions.gateway import Caller
from tests.functions.large_files.files import (
    PERSONAL,
    PLAIN,
    PUBLICATION_CALLS,
    completed_upload,
    deliver_event,
    unfinished_assemblies,
    without_metadata,
)
from tests.functions.triggers import arrived, public, public_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@pytest.mark.parametrize("number", range(1, len(PUBLICATION_CALLS) + 1))
def test_a_duplicate_event_never_makes_a_private_file_public(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """One delivery publishes the file, and its owner makes it private, before any call of the other delivery."""
    upload = completed_upload(alice, s3)
    ((asset_id, version_id),) = arrived(s3)
    seen: list[list[str]] = []

    def publish_and_make_private() -> None:
        publishing.large_arrival_events().handle(asset_id, version_id)
        assert alice.change(asset_id, visibility="private").status == 200
        for call in range(number, len(PUBLICATION_CALLS) + 8):
            calls.at(call, "after", lambda: seen.append(public(s3)))

    calls.resume()
    calls.at(number, "before", publish_and_make_private)
    with suppress(ApiError):  # the event is delivered again
        publishing.large_arrival_events().handle(asset_id, version_id)
    assert seen
    assert all(each == [f"{upload.asset_id}/private"] for each in seen)
    assert unfinished_assemblies(s3) == []


@pytest.mark.parametrize(("number", "moment"), moments(len(PUBLICATION_CALLS)))
def test_the_next_attempt_recovers_from_a_crash_at_any_call(
    number: int, moment: Moment, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = completed_upload(alice, s3)
    with calls.stopped_at(number, moment):
        deliver_event(upload.asset_id)
    if not alice.list().json()["assets"]:
        assert upload.complete().status == 202
    assert deliver_event(upload.asset_id)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == PLAIN
    assert len(alice.list().json()["assets"]) == 1
    assert arrived(s3) == []


@pytest.mark.parametrize("number", range(3, 9))
def test_concurrent_attempts_make_one_asset(number: int, alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    upload = completed_upload(alice, s3, PERSONAL)
    calls.resume()
    calls.at(number, "before", lambda: deliver_event(upload.asset_id))
    deliver_event(upload.asset_id)
    assert deliver_event(upload.asset_id)
    assert upload.complete().status == 201
    assert public_bytes(s3, upload.asset_id) == without_metadata(PERSONAL)
    assert (len(alice.list().json()["assets"]), unfinished_assemblies(s3)) == (1, [])


@pytest.mark.parametrize("number", range(3, len(PUBLICATION_CALLS)))
def test_an_asset_deleted_during_assembly_stays_deleted(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = completed_upload(alice, s3)
    calls.resume()
    calls.at(number, "before", lambda: assets.catalog().write_tombstone("alice", upload.asset_id))
    deliver_event(upload.asset_id)
    assert (public(s3), unfinished_assemblies(s3), alice.list().json()["assets"]) == ([], [], [])
    assert upload.complete().status == 404


def test_an_upload_aborted_before_its_event_is_not_published(alice: Caller, s3: "S3Client", clock: Clock) -> None:
    upload = completed_upload(alice, s3)
    assert upload.abort().status == 200
    assert not deliver_event(upload.asset_id)  # another version may still be being published
    clock.advance(30)
    assert deliver_event(upload.asset_id)
    assert (upload.complete().status, upload.complete().detail) == (404, "Upload not found")
    assert (public(s3), unfinished_assemblies(s3), arrived(s3)) == ([], [], [])


@pytest.mark.parametrize("number", range(3, len(PUBLICATION_CALLS)))
def test_an_upload_aborted_during_assembly_is_not_published(
    number: int, alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    upload = completed_upload(alice, s3)
    calls.resume()
    calls.at(number, "before", upload.abort)
    deliver_event(upload.asset_id)
    assert (public(s3), unfinished_assemblies(s3), alice.list().json()["assets"]) == ([], [], [])
    assert (upload.complete().status, upload.complete().detail) == (404, "Upload not found")


def delete(alice: Caller, asset_id: str) -> None:
    """Delete the asset that another delivery has published; the stream brings its tombstone at once."""
    assert deliver_event(asset_id)
    assert alice.delete(asset_id).status == 200
    triggers.tombstone_written(asset_id)


def abort(alice: Caller, asset_id: str) -> None:  # noqa: ARG001  the same signature as `delete`
    """Write a tombstone before the publication, as an abort and an erasure do."""
    assert assets.catalog().write_tombstone("alice", asset_id, "abort")
    triggers.tombstone_written(asset_id)


@pytest.mark.parametrize("end", [delete, abort])
@pytest.mark.parametrize("number", range(5, len(PUBLICATION_CALLS)))
def test_a_crash_after_the_purge_leaves_nothing_public(
    number: int, end: Callable[[Caller, str], None], alice: Caller, s3: "S3Client", calls: AwsCalls
) -> None:
    """The purge runs only once, and the event cannot repair anything: its file is gone."""
    upload = completed_upload(alice, s3)
    calls.resume()
    calls.at(number, "before", lambda: end(alice, upload.asset_id))
    calls.stop(number, "after")
    with suppress(Stopped):
        deliver_event(upload.asset_id)
    calls.resume()
    assert public(s3) == []
    assert alice.metadata(upload.asset_id).status == 404
