"""Permissions of the function that runs every minute."""

import time

from tests import media
from tests.e2e.client import eventually, succeeded
from tests.e2e.emulated_aws import client, item_with, items, physical_id
from tests.faults.permissions.deployment import Attempt, Deployment, Permissions, ended_unheard, owner_of


def _due(deployment: Deployment, sort_key: str) -> None:
    """Make an item of the index due now."""
    item = item_with(deployment.stack, sort_key)
    past = ", expiry = :past" if sort_key.startswith("asset#") else ""
    client(deployment.stack, "dynamodb").update_item(
        TableName=physical_id(deployment.stack, "AssetsTable"),
        Key={"owner": item["owner"], "sk": item["sk"]},
        UpdateExpression="SET check_at = :past" + past,
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 1)}},
    )


def _is_there(deployment: Deployment, sort_key: str) -> bool:
    return any(item["sk"]["S"] == sort_key for item in items(deployment.stack))


def ends_what_has_expired(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    form = succeeded(owner.ask_for_form("image.png", expires_in=60), 201)
    assert owner.post(form["upload"], media.png()).status_code == 201
    succeeded(owner.complete(form["asset_id"]), 201)
    sort_key = f"asset#{form['asset_id']}"

    def attempt() -> bool:
        _due(deployment, sort_key)
        deployment.works("reconcile", {})
        return not _is_there(deployment, sort_key)

    return attempt


def finishes_a_change(deployment: Deployment) -> Attempt:
    """Finish a change whose process crashed before it rewrote the headers."""
    owner = deployment.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    succeeded(owner.send("PATCH", f"/api/v2/assets/{asset_id}", json={"filename": "other.png"}), 200)
    deployment.put("AssetsBucket", f"api/v2/assets/{asset_id}", media.png(), ContentType="image/png")
    change = f"change#{asset_id}"
    item = item_with(deployment.stack, change)
    client(deployment.stack, "dynamodb").update_item(
        TableName=physical_id(deployment.stack, "AssetsTable"),
        Key={"owner": item["owner"], "sk": item["sk"]},
        UpdateExpression="ADD copying :dead",
        ExpressionAttributeValues={":dead": {"SS": ["a-request-that-died"]}},
    )

    def attempt() -> bool:
        for _ in range(2):  # the headers, then the item
            if _is_there(deployment, change):
                _due(deployment, change)
            deployment.works("reconcile", {})
        has_name = owner.get(asset_id).headers.get("content-disposition") == 'inline; filename="other.png"'
        return has_name and not _is_there(deployment, change)

    return attempt


def clears_up_after_a_maker(deployment: Deployment) -> Attempt:
    """Leave a rendition without an asset, by a process that crashed a minute ago."""
    asset_id = "0199d1a0-0000-7000-8000-000000000001"
    table, bucket = physical_id(deployment.stack, "AssetsTable"), physical_id(deployment.stack, "AssetsBucket")
    key = f"api/v2/assets/{asset_id}/w160.jpg"

    def attempt() -> bool:
        deployment.put("AssetsBucket", key, b"")
        due = {"in_flight": {"S": "rendition"}, "check_at": {"N": str(int(time.time()) - 1)}}
        lease = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": "w160.jpg"}, **due}
        client(deployment.stack, "dynamodb").put_item(TableName=table, Item=lease)
        if not deployment.works("reconcile", {}):
            return False
        return not client(deployment.stack, "s3").list_objects_v2(Bucket=bucket, Prefix=key).get("Contents")

    return attempt


def takes_a_last_look(deployment: Deployment) -> Attempt:
    """Remove what a late publication has stored for a deleted asset."""
    owner = deployment.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    succeeded(owner.delete(asset_id), 200)

    def attempt() -> bool:
        deployment.put("AssetsBucket", f"api/v2/assets/{asset_id}", media.png(), ContentType="image/png")
        _due(deployment, f"tombstone#{asset_id}")
        deployment.works("reconcile", {})
        item = item_with(deployment.stack, f"tombstone#{asset_id}")
        return owner.get(asset_id).status_code == 404 and "check_at" not in item

    return attempt


def reconciles(deployment: Deployment) -> Attempt:
    """Return True if a job that is due now ends."""
    owner, job_id, _ = ended_unheard(deployment)
    key = {"owner": {"S": owner_of(deployment, job_id)}, "sk": {"S": f"job#{job_id}"}}

    def attempt() -> bool:
        client(deployment.stack, "dynamodb").update_item(
            TableName=physical_id(deployment.stack, "AssetsTable"),
            Key=key,
            UpdateExpression="SET check_at = :now",
            ExpressionAttributeValues={":now": {"N": str(int(time.time()) - 1)}},
        )

        def ended() -> str | None:
            # Repeatedly, because a run may leave jobs to the next one.
            if not deployment.works("reconcile", {}):
                return "reconcile failed"
            status = str(succeeded(owner.job(job_id), 200)["status"])
            return None if status in ("pending", "processing") else status

        return eventually("the job has ended", ended, pause_seconds=0.5) == "completed"

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
