"""Changes of visibility: the bytes move immediately, despite crashes and concurrent requests."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock, patch

import pytest
from botocore.exceptions import ClientError

from asset_api.assets.asset import Visibility
from asset_api.platform import aws, errors
from asset_api.publishing import placing
from asset_api.publishing.large import assembly
from tests import media
from tests.functions import gateway
from tests.functions.aws_calls import AwsCalls, Moment, moments
from tests.functions.cdn import view
from tests.functions.gateway import Caller, Context
from tests.functions.private_assets import (
    BOTH,
    MOVE_CALLS,
    changed_with_patience,
    changed_with_retries,
    checked_visibility,
    objects,
    path,
    signed,
    uploaded,
)
from tests.functions.test_change import left, pass_last_look, pass_minutes
from tests.functions.triggers import deliver_everything, keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock


@pytest.mark.parametrize("visibility", BOTH)
def test_a_change_moves_the_bytes_and_removes_the_renditions(
    visibility: Visibility, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", calls: AwsCalls, clock: "Clock"
) -> None:
    before: Visibility = "public" if visibility == "private" else "private"
    asset_id = uploaded(alice, before, tags=["a"])
    shown = alice.metadata(asset_id).json()
    assert (
        view(
            s3, signed(alice, asset_id, rendition="w160.webp") if before == "private" else path(asset_id, "w160.webp")
        ).status
        == 200
    )
    calls.resume()
    response = alice.change(asset_id, visibility=visibility, filename="new.png")
    assert response.status == 200, response.body
    assert len(calls.made) == MOVE_CALLS[visibility] + 1  # there is a rendition to remove
    assert response.json()["visibility"] == visibility
    assert checked_visibility(s3, alice, asset_id) == visibility
    changed = alice.metadata(asset_id).json()
    assert {**shown, "visibility": visibility, "filename": "new.png", "thumbnail_url": ""} == {
        **changed,
        "thumbnail_url": "",
    }
    assert alice.list(tag="a").json()["assets"] == [changed]
    head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{objects(s3)[0]}")
    assert head["ContentDisposition"] == 'inline; filename="new.png"'
    assert head.get("CacheControl") == ("public, max-age=31536000, immutable" if visibility == "public" else None)
    (item,) = (item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"].startswith("change#"))
    assert item["applied"]["S"]  # triggers an invalidation at CloudFront
    pass_minutes(clock)
    pass_last_look(clock)
    assert left(dynamodb, "change#") == []
    assert checked_visibility(s3, alice, asset_id) == visibility


def test_repeating_a_change_changes_nothing(alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock") -> None:
    for _ in range(2):
        changed_with_retries(alice, asset_id, clock, visibility="private")
    assert checked_visibility(s3, alice, asset_id) == "private"
    assert alice.change(asset_id, visibility=None).json()["visibility"] == "public"
    pass_minutes(clock)
    assert checked_visibility(s3, alice, asset_id) == "public"


def test_other_changes_apply_to_the_private_bytes(alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock") -> None:
    assert alice.change(asset_id, filename="new.png", expires_in=3600).status == 200
    head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}/private")
    assert head["ContentDisposition"] == 'inline; filename="new.png"'
    assert head["Expires"] == (clock.time + timedelta(hours=1)).replace(microsecond=0)
    assert "CacheControl" not in dict(head)
    assert objects(s3) == [f"{asset_id}/private"]


@pytest.mark.parametrize("expires_in", ["3600", None])
def test_a_private_asset_can_expire_and_be_deleted(
    expires_in: str | None, alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", clock: "Clock"
) -> None:
    asset_id = uploaded(alice, expires_in=expires_in or "7200")
    url = signed(alice, asset_id)
    if expires_in:
        clock.advance(3600)
        pass_minutes(clock)
        deliver_everything(s3, dynamodb)
    else:
        assert alice.delete_many(asset_id).json()["deleted"] == [asset_id]
    assert objects(s3) == []
    assert view(s3, url).status == 404


@pytest.mark.parametrize(
    ("visibility", "call", "moment"),
    [(visibility, *each) for visibility in BOTH for each in moments(MOVE_CALLS[visibility])],
)
def test_a_crashed_change_is_consistent_within_minutes(
    visibility: Visibility,
    call: int,
    moment: Moment,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    asset_id = uploaded(alice, "public" if visibility == "private" else "private")
    with calls.stopped_at(call, moment):
        alice.change(asset_id, visibility=visibility)
    # The bytes are always somewhere.
    assert asset_id in str(objects(s3))
    pass_minutes(clock, 4)
    pass_last_look(clock)
    assert (checked_visibility(s3, alice, asset_id) == visibility) == (call > 3)
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS["private"]))
def test_a_crashed_change_can_be_repeated(
    call: int, moment: Moment, alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """The response to a change to private is a promise, even after a crashed earlier attempt."""
    asset_id = uploaded(alice, "public")
    with calls.stopped_at(call, moment):
        alice.change(asset_id, visibility="private")
    changed_with_retries(alice, asset_id, clock, visibility="private")
    assert checked_visibility(s3, alice, asset_id) == "private"


@pytest.mark.parametrize(
    ("other", "visibility"), [("rename", "private"), ("delete", "private"), ("delete", "public"), ("expiry", "private")]
)
@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS["private"]))
def test_concurrent_requests_leave_nothing_private_public(
    call: int,
    moment: Moment,
    other: str,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    asset_id = uploaded(alice, "public" if visibility == "private" else "private")
    if other == "expiry":
        alice.change(asset_id, expires_in=60)
        pass_minutes(clock, 0)
    meanwhile: dict[str, Callable[[], object]] = {
        "rename": lambda: alice.change(asset_id, filename="theirs.png"),
        "delete": lambda: alice.delete(asset_id),
        "expiry": lambda: pass_minutes(clock, 2),
    }
    calls.resume()
    calls.at(call, moment, meanwhile[other])
    response = changed_with_patience(alice, asset_id, clock, visibility=visibility)
    calls.resume()
    assert response.status in (200, 404)
    if response.status == 200 and visibility == "private":
        assert asset_id not in objects(s3)
    deliver_everything(s3, dynamodb)
    pass_minutes(clock, 4)
    pass_last_look(clock)
    if alice.metadata(asset_id).status == 200:
        assert checked_visibility(s3, alice, asset_id) == visibility
        name = alice.metadata(asset_id).json()["filename"]
        head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{objects(s3)[0]}")
        assert head["ContentDisposition"] == f'inline; filename="{name}"'
    else:
        assert objects(s3) == []
    assert left(dynamodb, "change#") == []


@pytest.mark.parametrize(("call", "moment"), moments(MOVE_CALLS["private"]))
def test_two_concurrent_changes_end_in_one_state(
    call: int,
    moment: Moment,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    """The second one waits until the first has moved the bytes, or gives up; they never interfere."""
    asset_id = uploaded(alice, "public")
    responses: list[int] = []

    def other() -> None:
        responses.append(changed_with_patience(alice, asset_id, clock, visibility="public").status)

    calls.resume()
    calls.at(call, moment, other)
    responses.append(changed_with_patience(alice, asset_id, clock, visibility="private").status)
    calls.resume()
    pass_minutes(clock, 4)
    pass_last_look(clock)
    checked_visibility(s3, alice, asset_id)
    assert set(responses) <= {200, 503}
    assert left(dynamodb, "change#") == []


def test_a_rename_in_progress_is_awaited(alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock") -> None:
    """The rename's copy onto the same key would make the bytes public again."""
    asset_id = uploaded(alice, "public")
    with calls.stopped_at(4, "before"):  # the copy
        alice.change(asset_id, filename="new.png")
    began = clock.time
    changed_with_retries(alice, asset_id, clock, visibility="private")
    assert clock.time - began >= timedelta(seconds=39)
    assert checked_visibility(s3, alice, asset_id) == "private"


class HurriedContext(Context):
    """An invocation that is about to end."""

    def get_remaining_time_in_millis(self) -> int:
        return 5000


def test_a_request_that_would_wait_too_long_is_told_to_retry(alice: Caller, s3: "S3Client", calls: AwsCalls) -> None:
    asset_id = uploaded(alice, "public")
    with calls.stopped_at(4, "before"):
        alice.change(asset_id, filename="new.png")
    with patch.object(gateway, "Context", HurriedContext):
        response = alice.change(asset_id, visibility="private")
    assert (response.status, response.headers["retry-after"]) == (503, "1")
    assert alice.metadata(asset_id).json()["visibility"] == "public"
    assert objects(s3) == [asset_id]


@pytest.mark.parametrize(("before", "visibility"), [("public", "private"), ("private", "public")])
def test_a_large_file_moves_in_parts(
    before: Visibility,
    visibility: Visibility,
    alice: Caller,
    s3: "S3Client",
    calls: AwsCalls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(placing, "REQUEST_MAX_BYTES", 0)
    monkeypatch.setattr(assembly, "COPIED_BYTES", 6 * 1024 * 1024)
    asset_id = uploaded(alice, before)
    data = media.png() + bytes(11 * 1024 * 1024)
    source, target = (
        f"api/v2/assets/{asset_id}{'/private' if each == 'private' else ''}" for each in (before, visibility)
    )
    s3.put_object(Bucket="assets", Key=source, Body=data, ContentType="image/png")
    calls.resume()
    assert alice.change(asset_id, visibility=visibility, filename="new.png").status == 200
    assert calls.made.count("UploadPartCopy") == 2
    assert "CopyObject" not in calls.made
    stored = s3.get_object(Bucket="assets", Key=target)
    assert stored["Body"].read() == data
    assert stored["ContentDisposition"] == 'inline; filename="new.png"'
    assert keys(s3, "assets", "api/v2/assets/") == [target.removeprefix("api/v2/assets/")]
    # Onto the same key, with other headers.
    assert alice.change(asset_id, filename="newer.png").status == 200
    stored = s3.get_object(Bucket="assets", Key=target)
    assert (stored["Body"].read(), stored["ContentDisposition"]) == (data, 'inline; filename="newer.png"')


def test_a_failed_large_move_leaves_no_multipart_upload(
    alice: Caller, s3: "S3Client", calls: AwsCalls, clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "REQUEST_MAX_BYTES", 0)
    asset_id = uploaded(alice, "public")
    calls.resume()
    calls.refuse("UploadPartCopy", "InternalError", 500, times=10)
    assert alice.change(asset_id, visibility="private").status == 503
    assert "AbortMultipartUpload" in calls.made
    assert s3.list_multipart_uploads(Bucket="assets").get("Uploads", []) == []
    calls.resume()
    calls.refuse("UploadPartCopy", "InternalError", 500, times=0)
    pass_minutes(clock)
    assert checked_visibility(s3, alice, asset_id) == "private"


def test_a_large_move_with_a_lost_response_leaves_nothing_public(
    alice: Caller, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Botocore repeats the call, and S3 responds that the upload no longer exists."""
    monkeypatch.setattr(placing, "REQUEST_MAX_BYTES", 0)
    asset_id = uploaded(alice, "public")
    complete = aws.s3().complete_multipart_upload

    def complete_and_repeat(**request: Any) -> Any:
        complete(**request)
        raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "CompleteMultipartUpload")

    monkeypatch.setattr(aws.s3(), "complete_multipart_upload", complete_and_repeat)
    assert alice.change(asset_id, visibility="private").status == 200
    assert objects(s3) == [f"{asset_id}/private"]


def test_cloudfront_is_invalidated_if_the_request_gave_up_after_the_move(
    alice: Caller, dynamodb: "DynamoDBClient", clock: "Clock", monkeypatch: pytest.MonkeyPatch
) -> None:
    asset_id = uploaded(alice, "public")
    with monkeypatch.context() as busy:
        error = errors.temporarily_unavailable("The asset")
        busy.setattr(placing.Placer, "_await_renditions", Mock(side_effect=error))
        assert alice.change(asset_id, visibility="private").status == 503
    pass_minutes(clock, 1)
    items = dynamodb.scan(TableName="assets")["Items"]
    (item,) = (item for item in items if item["sk"]["S"] == f"change#{asset_id}")
    assert item["applied"]["S"]
