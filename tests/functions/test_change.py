"""Changes of an asset: first its item, then the headers of its bytes, despite crashes and concurrent requests."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from asset_api.assets.tombstones import LAST_LOOK_AFTER_SECONDS
from asset_api.composition import changing, publishing
from functions.reconcile import app as reconcile
from tests import media
from tests.functions.aws_account import is_anything_due
from tests.functions.aws_calls import AwsCalls, Moment, moments
from tests.functions.gateway import Caller, Context
from tests.functions.triggers import change_applied, public, tombstone_written, tombstones

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

NEVER = "public, max-age=31536000, immutable"


@pytest.fixture
def asset_id(alice: Caller) -> str:
    return str(alice.upload("image.png", media.png(), tags=["a", "b"]).json()["asset_id"])


def served(s3: "S3Client", asset_id: str) -> tuple[str, str, Any]:
    head = s3.head_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    return head["ContentDisposition"], head["CacheControl"], head.get("Expires")


class MinuteContext(Context):
    """A run with the full timeout of `reconcile`."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def pass_minutes(clock: "Clock", minutes: int = 3) -> None:
    """Let minutes pass, and run `reconcile` in each in which anything is due."""
    for _ in range(minutes):
        clock.advance(60)
        if is_anything_due(clock()):
            reconcile.handler({}, MinuteContext())


def pass_last_look(clock: "Clock") -> None:
    """Let the time pass until nothing can be stored any more for what was moved or deleted, and a minute more."""
    clock.advance(LAST_LOOK_AFTER_SECONDS)
    pass_minutes(clock, 1)


def left(dynamodb: "DynamoDBClient", prefix: str) -> list[str]:
    sort_keys = (item["sk"]["S"] for item in dynamodb.scan(TableName="assets")["Items"])
    return [sort_key for sort_key in sort_keys if sort_key.startswith(prefix)]


def test_a_new_name_is_used_for_downloads(alice: Caller, asset_id: str, s3: "S3Client", calls: AwsCalls) -> None:
    before = alice.metadata(asset_id).json()
    calls.resume()
    response = alice.change(asset_id, filename="été.png")
    assert response.status == 200, response.body
    assert calls.made == ["GetItem", "TransactWriteItems", "HeadObject", "CopyObject", "TransactWriteItems"]
    assert response.json() == {"success": True, **before, "filename": "été.png"}
    assert alice.metadata(asset_id).json() == before | {"filename": "été.png"}
    assert served(s3, asset_id)[:2] == ("inline; filename=\"_t_.png\"; filename*=UTF-8''%C3%A9t%C3%A9.png", NEVER)
    assert s3.get_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")["Body"].read() == media.png()
    # Pages by tag have the new name, too.
    assert [asset["filename"] for asset in alice.list(tag="a").json()["assets"]] == ["été.png"]


def test_repeating_a_change_costs_two_calls(alice: Caller, asset_id: str, calls: AwsCalls) -> None:
    alice.change(asset_id, filename="new.png")
    calls.resume()
    assert alice.change(asset_id, filename="new.png").status == 200
    assert calls.made == ["GetItem", "HeadObject"]


def test_tags_are_replaced_and_found(alice: Caller, asset_id: str, calls: AwsCalls) -> None:
    calls.resume()
    assert alice.change(asset_id, tags=["b", "e\u0301"]).json()["tags"] == ["b", "é"]
    assert calls.made == ["GetItem", "TransactWriteItems"]
    found = {tag: len(alice.list(tag=tag).json()["assets"]) for tag in ("a", "b", "é", "e\u0301")}
    assert found == {"a": 0, "b": 1, "é": 1, "e\u0301": 1}
    assert alice.change(asset_id, tags=None).json()["tags"] == []
    assert alice.list(tag="b").json()["assets"] == []


def test_a_changed_expiry_changes_the_cache_headers(
    alice: Caller, asset_id: str, s3: "S3Client", clock: "Clock"
) -> None:
    expiry = (clock.time + timedelta(hours=1)).replace(microsecond=0)
    shown = expiry.replace(tzinfo=None).isoformat()
    assert alice.change(asset_id, expires_in=3600).json()["expires_at"] == shown
    assert served(s3, asset_id)[1:] == ("public, must-revalidate", expiry)
    assert alice.change(asset_id, expires_in=None).json()["expires_at"] is None
    assert served(s3, asset_id)[1:] == (NEVER, None)
    pass_minutes(clock, 70)
    assert alice.metadata(asset_id).status == 200


def test_an_empty_patch_returns_the_asset(alice: Caller, asset_id: str, calls: AwsCalls) -> None:
    calls.resume()
    assert alice.change(asset_id).json() == {"success": True, **alice.metadata(asset_id).json()}
    assert calls.made[0] == "GetItem"


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"filename": ""}, "filename: must name the file"),
        ({"filename": None}, "filename: Input should be a valid string"),
        ({"filename": "a.jpg"}, "filename: must end in .png, as the file is of type image/png"),
        ({"filename": "x" * 252 + ".png"}, "filename: String should have at most 255 characters"),
        ({"tags": ["a,b"]}, "tags: may contain letters"),
        ({"tags": "a"}, "tags: Input should be a valid array"),
        ({"expires_in": 59}, "expires_in: must be an integer from 60 to 31536000"),
        ({"expires_in": "60"}, "expires_in: Input should be a valid integer"),
        ({"visibility": "secret"}, "visibility: must be public or private"),
    ],
)
def test_an_invalid_field_is_named(fields: dict[str, Any], detail: str, alice: Caller, asset_id: str) -> None:
    before = alice.metadata(asset_id).json()
    response = alice.change(asset_id, **fields)
    assert (response.status, response.detail[: len(detail)]) == (422, detail)
    assert alice.metadata(asset_id).json() == before


def test_a_body_that_is_not_an_object_is_a_422(alice: Caller, asset_id: str) -> None:
    for body in (b"", b"[]", b'"a"', b"{"):
        assert alice.request("PATCH", f"/api/v2/assets/{asset_id}", body=body).status == 422


def test_a_name_without_extension_gets_that_of_its_type(alice: Caller, asset_id: str) -> None:
    assert alice.change(asset_id, filename="folder/beach").json()["filename"] == "beach.png"


@pytest.mark.parametrize("unknown", ["019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "none", "a" * 3000])
def test_an_unknown_asset_is_a_404(unknown: str, alice: Caller) -> None:
    assert alice.change(unknown, tags=["a"]).status == 404


def test_foreign_deleted_and_expired_assets_are_404s(alice: Caller, bob: Caller, asset_id: str, clock: "Clock") -> None:
    assert bob.change(asset_id, tags=["a"]).status == 404
    alice.change(asset_id, expires_in=60)
    clock.advance(60)
    assert alice.change(asset_id, expires_in=None).status == 404
    pass_minutes(clock)
    assert alice.change(asset_id, tags=["a"]).status == 404


@pytest.mark.parametrize(("call", "moment"), moments(5))
def test_after_a_crash_the_headers_match_the_catalog_within_minutes(
    call: int,
    moment: Moment,
    alice: Caller,
    asset_id: str,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    with calls.stopped_at(call, moment):
        alice.change(asset_id, filename="new.png", expires_in=3600, tags=["c"])
    pass_minutes(clock, 4)
    asset = alice.metadata(asset_id).json()
    is_new = call > 2
    assert (asset["filename"], asset["tags"]) == (("new.png", ["c"]) if is_new else ("image.png", ["a", "b"]))
    disposition, cache_control, _ = served(s3, asset_id)
    assert disposition == f'inline; filename="{asset["filename"]}"'
    assert cache_control == ("public, must-revalidate" if is_new else NEVER)
    assert left(dynamodb, "change#") == []
    assert len(left(dynamodb, "tag#")) == len(asset["tags"])


@pytest.mark.parametrize(("call", "moment"), moments(5))
@pytest.mark.parametrize("other", ["rename", "delete", "batch", "expiry"])
def test_concurrent_requests_leave_nothing_behind(
    call: int,
    moment: Moment,
    other: str,
    alice: Caller,
    asset_id: str,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    if other == "expiry":
        alice.change(asset_id, expires_in=60)
    meanwhile = {
        "rename": lambda: alice.change(asset_id, filename="theirs.png", tags=["d"]),
        "delete": lambda: alice.delete(asset_id),
        "batch": lambda: alice.delete_many(asset_id),
        "expiry": lambda: pass_minutes(clock, 2),
    }[other]
    calls.resume()
    calls.at(call, moment, meanwhile)
    response = alice.change(asset_id, filename="ours.png", tags=["c"], expires_in=3600)
    calls.resume()
    assert response.status in (200, 404)
    if deleted := tombstones(dynamodb):
        tombstone_written(*deleted)
    pass_minutes(clock, 4)
    assets = alice.list().json()["assets"]
    assert [asset["asset_id"] for asset in assets] == public(s3)
    for asset in assets:
        assert served(s3, asset_id)[0] == f'inline; filename="{asset["filename"]}"'
        assert alice.list(tag=asset["tags"][0]).json()["assets"] == [asset]
        assert alice.metadata(asset_id).json() == asset
    assert len(left(dynamodb, "tag#")) == sum(len(asset["tags"]) for asset in assets)
    assert left(dynamodb, "change#") == []
    assert alice.usage().json()["assets"] == len(assets)


def test_a_delete_that_overtakes_the_copy_leaves_nothing_public(
    alice: Caller, asset_id: str, s3: "S3Client", calls: AwsCalls, clock: "Clock"
) -> None:
    """S3 may finish a copy of an object that is deleted meanwhile: here the copy reappears after the delete."""
    calls.resume()

    def delete_and_restore() -> None:
        alice.delete(asset_id)
        s3.put_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}", Body=media.png(), ContentType="image/png")

    calls.at(4, "after", delete_and_restore)
    assert alice.change(asset_id, filename="new.png").status == 404
    assert public(s3) == []
    # If the process also crashes at that moment:
    again = str(alice.upload("image.png", media.png()).json()["asset_id"])
    with calls.stopped_at(4, "after"):
        alice.change(again, filename="new.png")
    alice.delete(again)
    s3.put_object(Bucket="assets", Key=f"api/v2/assets/{again}", Body=media.png(), ContentType="image/png")
    pass_minutes(clock)
    assert public(s3) == []


def test_cloudfront_is_invalidated_after_the_headers_change(
    alice: Caller, asset_id: str, dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.change(asset_id, filename="new.png")
    (item,) = (item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"].startswith("change#"))
    assert item["applied"]["S"]
    invalidated: list[list[str]] = []
    invalidator = type("Invalidator", (), {"invalidate": lambda _, ids, _events: invalidated.append(list(ids))})()
    monkeypatch.setattr(publishing, "invalidator", lambda: invalidator)
    change_applied(asset_id)
    assert invalidated == [[asset_id]]
    assert alice.metadata(asset_id).status == 200


@pytest.mark.parametrize("change", [{"filename": "new.png"}, {"visibility": "private"}])
def test_a_change_of_an_asset_without_bytes_ends(
    change: dict[str, str], alice: Caller, asset_id: str, s3: "S3Client", dynamodb: "DynamoDBClient", clock: "Clock"
) -> None:
    """Something outside the API has removed them. Upkeep gives up, after one more invalidation at most."""
    s3.delete_object(Bucket="assets", Key=f"api/v2/assets/{asset_id}")
    assert alice.change(asset_id, **change).status == 200
    invalidations = {applied(dynamodb, asset_id)}
    for _ in range(5):
        pass_minutes(clock, 1)
        invalidations.add(applied(dynamodb, asset_id))
    pass_last_look(clock)
    invalidations.add(applied(dynamodb, asset_id))
    assert left(dynamodb, "change#") == []
    assert len(invalidations - {""}) <= 2


def applied(dynamodb: "DynamoDBClient", asset_id: str) -> str:
    """Return the value that makes `purge` invalidate CloudFront's copies; empty if there is none."""
    found = dynamodb.get_item(TableName="assets", Key={"owner": {"S": "alice"}, "sk": {"S": f"change#{asset_id}"}})
    return str(found.get("Item", {}).get("applied", {"S": ""})["S"])


@pytest.mark.parametrize(("change", "last_write"), [({"filename": "one.png"}, 5), ({"visibility": "private"}, 9)])
def test_a_check_that_meets_another_change_keeps_nobody_waiting(
    change: dict[str, str],
    last_write: int,
    alice: Caller,
    asset_id: str,
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    clock: "Clock",
) -> None:
    """The other change registers right before the check's last write, which is then refused."""
    item_key = {"owner": {"S": "alice"}, "sk": {"S": f"change#{asset_id}"}}

    def register() -> None:
        another = {":another": {"SS": ["another"]}}
        dynamodb.update_item(
            TableName="assets",
            Key=item_key,
            UpdateExpression="ADD copying :another",
            ExpressionAttributeValues=another,
        )

    assert alice.change(asset_id, **change).status == 200
    clock.advance(41)
    calls.resume()
    calls.at(last_write, "before", register)
    changing.upkeep().changer.finish("alice", asset_id)
    assert calls.made[last_write - 1 :] == ["TransactWriteItems"] * 2
    assert dynamodb.get_item(TableName="assets", Key=item_key)["Item"]["copying"] == {"SS": ["another"]}
