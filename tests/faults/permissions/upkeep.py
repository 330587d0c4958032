"""Permissions of the function that runs every minute."""

import time

from tests import media
from tests.e2e.client import succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.faults.permissions.world import Attempt, Permissions, World, ended_unheard, owner_of, stored_item


def _due(world: World, sort_key: str) -> None:
    """Make an item of the index due now."""
    item = stored_item(world, sort_key)
    past = ", expiry = :past" if sort_key.startswith("asset#") else ""
    client(world.stack, "dynamodb").update_item(
        TableName=physical_id(world.stack, "AssetsTable"),
        Key={"owner": item["owner"], "sk": item["sk"]},
        UpdateExpression="SET check_at = :past" + past,
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
    )


def _is_there(world: World, sort_key: str) -> bool:
    items = client(world.stack, "dynamodb").scan(TableName=physical_id(world.stack, "AssetsTable"))["Items"]
    return any(item["sk"]["S"] == sort_key for item in items)


def ends_what_has_expired(world: World) -> Attempt:
    owner = world.someone()
    form = succeeded(owner.ask_for_form("image.png", expires_in=60), 201)
    assert owner.post(form["upload"], media.png()).status_code == 201
    succeeded(owner.complete(form["asset_id"]), 201)
    sort_key = f"asset#{form['asset_id']}"

    def attempt() -> bool:
        _due(world, sort_key)
        world.works("reconcile", {})
        return not _is_there(world, sort_key)

    return attempt


def finishes_a_change(world: World) -> Attempt:
    """Finish a change whose process crashed before it rewrote the headers."""
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    succeeded(owner.send("PATCH", f"/api/v2/assets/{asset_id}", json={"filename": "other.png"}), 200)
    world.put("AssetsBucket", f"api/v2/assets/{asset_id}", media.png(), ContentType="image/png")
    change = f"change#{asset_id}"
    item = stored_item(world, change)
    client(world.stack, "dynamodb").update_item(
        TableName=physical_id(world.stack, "AssetsTable"),
        Key={"owner": item["owner"], "sk": item["sk"]},
        UpdateExpression="ADD copying :dead",
        ExpressionAttributeValues={":dead": {"SS": ["a-request-that-died"]}},
    )

    def attempt() -> bool:
        for _ in range(2):  # the headers, then the item
            if _is_there(world, change):
                _due(world, change)
            world.works("reconcile", {})
        has_name = owner.get(asset_id).headers.get("content-disposition") == 'inline; filename="other.png"'
        return has_name and not _is_there(world, change)

    return attempt


def clears_up_after_a_maker(world: World) -> Attempt:
    """Leave a rendition without an asset, whose maker crashed a minute ago."""
    asset_id = "0199d1a0-0000-7000-8000-000000000001"
    table, bucket = physical_id(world.stack, "AssetsTable"), physical_id(world.stack, "AssetsBucket")
    key = f"api/v2/assets/{asset_id}/w160.jpg"

    def attempt() -> bool:
        world.put("AssetsBucket", key, b"")
        due = {"in_flight": {"S": "rendition"}, "check_at": {"N": str(int(time.time()) - 1)}}
        lease = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": "w160.jpg"}, **due}
        client(world.stack, "dynamodb").put_item(TableName=table, Item=lease)
        if not world.works("reconcile", {}):
            return False
        return not client(world.stack, "s3").list_objects_v2(Bucket=bucket, Prefix=key).get("Contents")

    return attempt


def takes_a_last_look(world: World) -> Attempt:
    """Remove what a late publication has stored for a deleted asset."""
    owner = world.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    succeeded(owner.delete(asset_id), 200)

    def attempt() -> bool:
        world.put("AssetsBucket", f"api/v2/assets/{asset_id}", media.png(), ContentType="image/png")
        _due(world, f"tombstone#{asset_id}")
        world.works("reconcile", {})
        item = stored_item(world, f"tombstone#{asset_id}")
        return owner.get(asset_id).status_code == 404 and "check_at" not in item

    return attempt


def reconciles(world: World) -> Attempt:
    """Return True if a job that is due now ends."""
    owner, job_id, _ = ended_unheard(world)
    key = {"owner": {"S": owner_of(world, job_id)}, "sk": {"S": f"job#{job_id}"}}

    def attempt() -> bool:
        client(world.stack, "dynamodb").update_item(
            TableName=physical_id(world.stack, "AssetsTable"),
            Key=key,
            UpdateExpression="SET check_at = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()) - 1)}},
        )
        if not world.works("reconcile", {}):
            return False
        try:
            return bool(owner.ended(job_id, patience_seconds=8)["status"] == "completed")
        except AssertionError:
            return False

    return attempt


UPKEEP: Permissions = {
    ("ReconcileRole", "FindWhatIsDue", "dynamodb:Query"): reconciles,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:BatchGetItem"): ends_what_has_expired,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:DeleteItem"): ends_what_has_expired,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:PutItem"): ends_what_has_expired,
    ("ReconcileRole", "EndExpiredAssetsAndFinishChanges", "dynamodb:ConditionCheckItem"): finishes_a_change,
    ("ReconcileRole", "ClearUpRenditionsAndFinishChanges", "s3:GetObject"): finishes_a_change,
    ("ReconcileRole", "ClearUpRenditionsAndFinishChanges", "s3:PutObject"): finishes_a_change,
    ("ReconcileRole", "BringJobsOn", "dynamodb:GetItem"): reconciles,
    ("ReconcileRole", "BringJobsOn", "dynamodb:UpdateItem"): takes_a_last_look,
    ("ReconcileRole", "QueuePredictions", "sqs:SendMessage"): reconciles,
    ("ReconcileRole", "ClearUpRenditionsAndFinishChanges", "s3:DeleteObject"): clears_up_after_a_maker,
}
