"""Permissions of the functions that make renditions, and of the one that requests them."""

from tests import media
from tests.e2e.emulated_aws import client, physical_id
from tests.faults.permissions.deployment import Attempt, Deployment, Permissions, sample


def asks_for_renditions(deployment: Deployment) -> Attempt:
    """Return the event of a new image, for the function that makes renditions."""
    event = sample("dispatch")
    return lambda: deployment.works("dispatch", event)


def makes_a_rendition(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    asset_id = owner.uploaded("image.png", media.png(400, 300))["asset_id"]
    path = f"/api/v2/assets/{asset_id}/w160.jpg"

    def attempt() -> bool:
        client(deployment.stack, "s3").delete_object(Bucket=physical_id(deployment.stack, "AssetsBucket"), Key=path[1:])
        key = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": "w160.jpg"}}
        client(deployment.stack, "dynamodb").delete_item(
            TableName=physical_id(deployment.stack, "AssetsTable"), Key=key
        )
        return deployment.http.get(path).status_code == 200

    return attempt


def makes_a_frame(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    asset_id = owner.uploaded("clip.mp4", media.mp4())["asset_id"]
    name = "frame-first-w160.jpg"
    key = f"api/v2/assets/{asset_id}/frames/{name}"

    def attempt() -> bool:
        client(deployment.stack, "s3").delete_object(Bucket=physical_id(deployment.stack, "AssetsBucket"), Key=key)
        lease = {"owner": {"S": f"rendition#{asset_id}"}, "sk": {"S": name}}
        client(deployment.stack, "dynamodb").delete_item(
            TableName=physical_id(deployment.stack, "AssetsTable"), Key=lease
        )
        return deployment.http.get(f"/api/v2/assets/{asset_id}/{name}").status_code == 200

    return attempt


def keeps_what_it_cannot_read(deployment: Deployment) -> Attempt:
    event = sample("dispatch")
    event["Records"][0]["dynamodb"]["NewImage"] = {}
    return lambda: deployment.works("dispatch", event)


RENDITIONS: Permissions = {
    ("DispatchRole", "AskForRenditions", "lambda:InvokeFunction"): asks_for_renditions,
    ("FramesRole", "ReadOriginalsAndRenditions", "s3:GetObject"): makes_a_frame,
    ("FramesRole", "StoreRenditions", "s3:PutObject"): makes_a_frame,
    ("RenditionsRole", "ReadOriginalsAndRenditions", "s3:GetObject"): makes_a_rendition,
    ("RenditionsRole", "StoreRenditions", "s3:PutObject"): makes_a_rendition,
    ("DispatchRole", "KeepWhatCannotBeSent", "sqs:SendMessage"): keeps_what_it_cannot_read,
}
