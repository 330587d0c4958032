"""Permissions of the functions that publish and purge."""

import json

from tests import media
from tests.e2e.client import succeeded
from tests.e2e.emulated_aws import client, item_with, physical_id
from tests.faults.permissions.deployment import (
    Attempt,
    Deployment,
    Permissions,
    deleted,
    half_published,
    sample,
    stored_late,
)


def _file_arrived(deployment: Deployment, asset_id: str) -> bool:
    event = sample("publish")
    record = event["Records"][0]
    detail = json.loads(record["body"])
    detail["detail"]["object"]["key"] = f"uploads/{asset_id}"
    del detail["detail"]["object"]["version-id"]  # as in the emulator's events
    record["body"] = json.dumps(detail)
    return deployment.works("publish", {"Records": [record]})


def publishes(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    response = succeeded(owner.ask_for_form("clip.mp4"), 201)

    def attempt() -> bool:
        assert owner.post(response["upload"], media.mp4()).status_code == 201
        return _file_arrived(deployment, response["asset_id"])

    return attempt


def publishes_what_was_half_published(deployment: Deployment) -> Attempt:
    _, asset_id = half_published(deployment)
    return lambda: _file_arrived(deployment, asset_id)


def publishes_what_was_deleted(deployment: Deployment) -> Attempt:
    """Deliver the event of a post after a delete a minute ago; after a more recent delete, it would be retried."""
    owner, response = deleted(deployment)
    tombstone = item_with(deployment.stack, f"tombstone#{response['asset_id']}")
    client(deployment.stack, "dynamodb").update_item(
        TableName=physical_id(deployment.stack, "AssetsTable"),
        Key={"owner": tombstone["owner"], "sk": tombstone["sk"]},
        UpdateExpression="SET expires_at = expires_at - :minute",
        ExpressionAttributeValues={":minute": {"N": "60"}},
    )

    def attempt() -> bool:
        assert owner.post(response["upload"], media.mp4()).status_code == 201
        stored_late(deployment, response["asset_id"])
        return _file_arrived(deployment, response["asset_id"])

    return attempt


def purges(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    record = sample("purge")["Records"][0]
    record["dynamodb"]["Keys"]["sk"]["S"] = f"tombstone#{asset_id}"

    def attempt() -> bool:
        deployment.put("IncomingBucket", f"uploads/{asset_id}", b"")
        return deployment.works("purge", {"Records": [record]})

    return attempt


def purges_what_is_assembled(deployment: Deployment) -> Attempt:
    """Purge an asset of which a publication has stored parts."""
    owner = deployment.someone()
    asset_id = owner.uploaded("image.png", media.png())["asset_id"]
    record = sample("purge")["Records"][0]
    record["dynamodb"]["Keys"]["sk"]["S"] = f"tombstone#{asset_id}"
    bucket = physical_id(deployment.stack, "AssetsBucket")
    client(deployment.stack, "s3").create_multipart_upload(Bucket=bucket, Key=f"api/v2/assets/{asset_id}")
    return lambda: deployment.works("purge", {"Records": [record]})


PUBLISHING: Permissions = {
    ("PublishRole", "ReadAndRemoveFiles", "s3:GetObject"): publishes,
    ("PublishRole", "ReadAndRemoveFiles", "s3:GetObjectVersion"): publishes,
    ("PublishRole", "ReadAndRemoveFiles", "s3:DeleteObjectVersion"): publishes,
    ("PublishRole", "PublishBytes", "s3:GetObject"): publishes_what_was_half_published,
    ("PublishRole", "PublishBytes", "s3:PutObject"): publishes,
    ("PublishRole", "PublishBytes", "s3:DeleteObject"): publishes_what_was_deleted,
    ("PublishRole", "RecordAssets", "dynamodb:BatchGetItem"): publishes,
    ("PublishRole", "RecordAssets", "dynamodb:ConditionCheckItem"): publishes,
    ("PublishRole", "RecordAssets", "dynamodb:PutItem"): publishes,
    ("PublishRole", "RecordAssets", "dynamodb:UpdateItem"): publishes,
    ("PurgeRole", "FindWhatArrived", "s3:ListBucketVersions"): purges,
    ("PurgeRole", "RemoveWhatArrived", "s3:DeleteObject"): purges,
    ("PurgeRole", "RemoveWhatArrived", "s3:DeleteObjectVersion"): purges,
    ("PurgeRole", "RemovePublicBytes", "s3:DeleteObject"): purges,
    ("PurgeRole", "RemovePublicBytes", "s3:AbortMultipartUpload"): purges_what_is_assembled,
    ("PurgeRole", "FindWhatIsAssembled", "s3:ListBucketMultipartUploads"): purges,
    ("PurgeRole", "FindRenditions", "s3:ListBucket"): purges,
    ("PurgeRole", "InvalidateCopies", "cloudfront:CreateInvalidation"): purges,
}
