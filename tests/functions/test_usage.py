"""Usage and quotas: exact despite concurrent publications and deletes, and nothing public beyond a quota."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from asset_api.assets import asset_ids
from asset_api.assets.asset import Asset
from asset_api.composition import assets
from tests import media
from tests.functions.aws_calls import AwsCalls, Moment, Stopped, moments
from tests.functions.conftest import SETTINGS, configure
from tests.functions.gateway import Caller
from tests.functions.triggers import deliver, file_arrived, message, post, public, tombstone_written, tombstones

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from tests.functions.clock import Clock

SIZE = len(media.png())


def used(caller: Caller) -> tuple[int, int]:
    body = caller.usage().json()
    return body["assets"], body["bytes"]


def summed(caller: Caller) -> tuple[int, int]:
    assets = caller.list(limit=100).json()["assets"]
    return len(assets), sum(asset["size_bytes"] for asset in assets)


def test_usage_states_the_deployments_limits(alice: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, max_owner_bytes=5000, uploads_per_minute=20, generations_per_minute=5)
    assert alice.usage().json() == {
        "success": True,
        "assets": 0,
        "bytes": 0,
        "limits": {
            "max_upload_bytes": 52428800,
            "uploads_per_minute": 20,
            "generations_per_minute": 5,
            "max_bytes": 5000,
            "max_assets": None,
        },
    }


def test_usage_equals_the_sum_of_the_list(alice: Caller, bob: Caller, s3: "S3Client") -> None:
    first = alice.upload("image.jpg", media.jpeg(exif=True)).json()["asset_id"]
    body = alice.ask_for_form(filename="clip.mp4").json()
    post(s3, body["upload"], media.mp4())
    file_arrived(body["asset_id"])
    assert alice.complete(body["asset_id"]).status == 201
    alice.upload("image.png", media.png())
    assert used(alice) == summed(alice)
    assert used(alice)[0] == 3
    for _ in range(2):
        alice.delete(first)
        assert used(alice) == summed(alice)
    assert used(bob) == (0, 0)


def test_usage_costs_one_call(alice: Caller, calls: AwsCalls) -> None:
    calls.resume()
    assert alice.usage().status == 200
    assert calls.made == ["GetItem"]


@pytest.mark.parametrize("quota", [{"max_owner_assets": 2}, {"max_owner_bytes": 2 * SIZE}])
def test_uploads_over_a_quota_are_neither_counted_nor_stored(
    quota: dict[str, int], alice: Caller, bob: Caller, calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, **quota)
    ids = [alice.upload("image.png", media.png()).json()["asset_id"] for _ in range(2)]
    calls.resume()
    refused = [
        alice.upload("image.png", media.png()),
        alice.ask_for_form(filename="image.png", size_bytes=SIZE),
        alice.ask_for_form(filename="image.png"),
    ]
    assert [response.status for response in refused] == [403] * 3
    (limit,) = quota.values()
    assert refused[0].detail.startswith("Quota exceeded: you may have at most ")
    assert f"{limit:,}" in refused[0].detail
    assert calls.made == ["GetItem"] * 3
    assert bob.upload("image.png", media.png()).status == 201
    alice.delete(ids[0])
    assert alice.upload("image.png", media.png()).status == 201


def test_files_over_a_quota_never_become_public(
    alice: Caller, s3: "S3Client", calls: AwsCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, max_owner_assets=1)
    forms = [alice.ask_for_form(filename="image.png").json() for _ in range(2)]
    for form in forms:
        post(s3, form["upload"], media.png())
    assert alice.complete(forms[0]["asset_id"]).status == 201
    calls.resume()
    response = alice.complete(forms[1]["asset_id"])
    assert (response.status, response.detail[:14]) == (403, "Quota exceeded")
    assert not {"CopyObject", "PutObject", "TransactWriteItems"} & set(calls.made)
    file_arrived(forms[1]["asset_id"])
    assert public(s3) == [forms[0]["asset_id"]]
    # Not final: once there is room, the upload can be completed.
    alice.delete(forms[0]["asset_id"])
    assert alice.complete(forms[1]["asset_id"]).status == 201


@pytest.mark.usefixtures("one_call_at_a_time")
def test_a_quota_is_exact_for_concurrent_publications(
    alice: Caller, s3: "S3Client", dynamodb: "DynamoDBClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, max_owner_assets=3, max_owner_bytes=10 * SIZE)
    ids = []
    for _ in range(8):
        form = alice.ask_for_form(filename="image.png").json()
        post(s3, form["upload"], media.png())
        ids.append(form["asset_id"])
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(alice.complete, ids))
    assert sorted(response.status for response in responses) == [201] * 3 + [403] * 5
    assert used(alice) == summed(alice) == (3, 3 * SIZE)
    assert sorted(public(s3)) == sorted(asset["asset_id"] for asset in alice.list().json()["assets"])
    refused = set(ids) - set(public(s3))
    # A file that exceeded the quota after becoming public has a tombstone with the cause.
    assert set(tombstones(dynamodb)) <= refused
    assert all(alice.complete(asset_id).status == 403 for asset_id in refused)


@pytest.mark.parametrize(("call", "moment"), moments(8))
def test_public_bytes_over_the_quota_are_removed_after_any_crash(
    call: int,
    moment: Moment,
    alice: Caller,
    s3: "S3Client",
    dynamodb: "DynamoDBClient",
    calls: AwsCalls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, max_owner_assets=1)
    forms = [alice.ask_for_form(filename="image.png").json() for _ in range(2)]
    versions = [post(s3, form["upload"], media.png()) for form in forms]
    first, second = (form["asset_id"] for form in forms)
    calls.resume()
    # The first takes the last place just before the second becomes public.
    calls.at(4, "before", lambda: alice.complete(first))
    if (call, moment) == (4, "before"):
        alice.complete(second)
    else:
        calls.stop(call, moment)
        with pytest.raises(Stopped):
            alice.complete(second)
    calls.resume()
    alice.complete(first)
    deliver(message(f"uploads/{first}", version_id=versions[0]), message(f"uploads/{second}", version_id=versions[1]))
    tombstone_written(*tombstones(dynamodb))
    assert used(alice) == summed(alice)
    assert summed(alice)[0] == 1
    assert public(s3) == [asset["asset_id"] for asset in alice.list().json()["assets"]]


@pytest.mark.usefixtures("one_call_at_a_time")
def test_assets_of_an_earlier_release_are_counted_once(alice: Caller, dynamodb: "DynamoDBClient") -> None:
    for number in range(3):
        asset_id = asset_ids.mint("alice", salt=SETTINGS.asset_id_salt, now=datetime.now(UTC))
        asset = Asset("alice", asset_id, "a.png", "image/png", 10 + number)
        dynamodb.put_item(TableName="assets", Item=asset.to_item())
    alice.upload("image.png", media.png())
    old = [item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"].startswith("asset#")]
    uncounted = next(item for item in old if "counted" not in item)
    # Deleted before it was counted, so the usage stays the same.
    assert alice.delete(uncounted["sk"]["S"].removeprefix("asset#")).status == 200
    assert used(alice) == (1, SIZE)
    with ThreadPoolExecutor(8) as threads:
        counted = list(threads.map(assets.usages().count, old * 4))
    assert sum(counted) == 2
    assert used(alice) == summed(alice)
    for asset in alice.list().json()["assets"]:
        alice.delete(asset["asset_id"])
    assert used(alice) == (0, 0)


def test_ids_from_before_an_erasure_are_never_listed(
    alice: Caller, s3: "S3Client", clock: "Clock", dynamodb: "DynamoDBClient"
) -> None:
    body = alice.ask_for_form(filename="image.png").json()
    post(s3, body["upload"], media.png())
    now = int(clock.time.timestamp() * 1000)
    for erased_before in (now, now - 1000):
        assets.usages().forbid_before("alice", erased_before, now // 1000 + 86400)
    assert alice.complete(body["asset_id"]).status == 404
    assert public(s3) == []
    clock.advance(1)
    assert alice.upload("image.png", media.png()).status == 201
    (item,) = (item for item in dynamodb.scan(TableName="assets")["Items"] if item["sk"]["S"] == "usage")
    assert item["erased_before"]["N"] == str(now)
    # It would also remove the count.
    assert "expires_at" not in item
