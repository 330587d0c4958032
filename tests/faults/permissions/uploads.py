"""Permissions of the functions that take uploads, by form, in one request and in parts."""

from tests import media
from tests.e2e.client import succeeded
from tests.faults.permissions.deployment import (
    Attempt,
    Deployment,
    Permissions,
    deleted,
    half_published,
    returns_status,
    stored_late,
)


def uploads(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 201, lambda: owner.upload("image.png", media.png()))


def uploads_with_a_key(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 201, lambda: owner.upload("image.png", media.png(), key="a-key"))


def completes(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    asset_id = owner.arrived("clip.mp4", media.gif())["asset_id"]
    return returns_status(deployment, 400, lambda: owner.complete(asset_id))


def completes_what_was_half_published(deployment: Deployment) -> Attempt:
    owner, asset_id = half_published(deployment)
    return returns_status(deployment, 201, lambda: owner.complete(asset_id))


def begins_a_part_upload(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 201, lambda: owner.begin("clip.mp4", 5))


def begins_a_part_upload_with_a_key(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 201, lambda: owner.begin("clip.mp4", 5, key="a-key"))


def shows_a_part_upload(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    started = succeeded(owner.begin("clip.mp4", 5), 201)
    return returns_status(deployment, 200, lambda: owner.show_upload(started["asset_id"], started["upload"]["id"]))


def aborts_a_part_upload(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    started = succeeded(owner.begin("clip.mp4", 5), 201)
    return returns_status(deployment, 200, lambda: owner.abort_upload(started["asset_id"], started["upload"]["id"]))


def completes_parts(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    sent = owner.parts_sent("clip.mp4", media.mp4())
    return returns_status(deployment, 201, lambda: owner.complete_parts(*sent))


def completes_refused_parts(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    sent = owner.parts_sent("clip.mp4", media.gif())
    return returns_status(deployment, 400, lambda: owner.complete_parts(*sent))


def completes_parts_that_are_read_to_their_end(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    sent = owner.parts_sent("photo.png", media.png(), sha256="0" * 64)
    return returns_status(deployment, 400, lambda: owner.complete_parts(*sent))


def completes_parts_that_were_half_published(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    data = media.jpeg(exif=True)
    sent = owner.parts_sent("photo.jpg", data)
    deployment.put("AssetsBucket", f"api/v2/assets/{sent[0]}", data, ContentType="image/jpeg")
    return returns_status(deployment, 201, lambda: owner.complete_parts(*sent))


def completes_parts_that_were_deleted(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    sent = owner.parts_sent("clip.mp4", media.mp4())
    succeeded(owner.complete_parts(*sent), 201)
    succeeded(owner.delete(sent[0]), 200)
    stored_late(deployment, sent[0])
    return returns_status(deployment, 404, lambda: owner.complete_parts(*sent))


def completes_what_was_deleted(deployment: Deployment) -> Attempt:
    owner, response = deleted(deployment)
    assert owner.post(response["upload"], media.mp4()).status_code == 201
    stored_late(deployment, response["asset_id"])
    return returns_status(deployment, 404, lambda: owner.complete(response["asset_id"]))


UPLOADS: Permissions = {
    ("UploadRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:PutItem"): uploads_with_a_key,
    ("UploadRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:UpdateItem"): uploads,
    ("UploadRole", "ReceiveFiles", "s3:GetObject"): completes,
    ("UploadRole", "ReceiveFiles", "s3:GetObjectVersion"): uploads,
    ("UploadRole", "ReceiveFiles", "s3:PutObject"): uploads,
    ("UploadRole", "PublishBytes", "s3:GetObject"): completes_what_was_half_published,
    ("UploadRole", "PublishBytes", "s3:PutObject"): uploads,
    ("UploadRole", "PublishBytes", "s3:DeleteObject"): completes_what_was_deleted,
    ("UploadRole", "RecordAssets", "dynamodb:BatchGetItem"): completes,
    ("UploadRole", "RecordAssets", "dynamodb:ConditionCheckItem"): uploads,
    ("UploadRole", "RecordAssets", "dynamodb:PutItem"): uploads,
    ("UploadRole", "RecordAssets", "dynamodb:UpdateItem"): uploads,
    ("PartsRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:PutItem"): begins_a_part_upload_with_a_key,
    ("PartsRole", "LimitUploadsAndRememberIdempotencyKeys", "dynamodb:UpdateItem"): begins_a_part_upload,
    ("PartsRole", "ReceiveFiles", "s3:GetObject"): completes_refused_parts,
    ("PartsRole", "ReceiveFiles", "s3:GetObjectVersion"): completes_parts_that_are_read_to_their_end,
    ("PartsRole", "ReceiveFiles", "s3:PutObject"): begins_a_part_upload,
    ("PartsRole", "ReceiveFiles", "s3:AbortMultipartUpload"): aborts_a_part_upload,
    ("PartsRole", "ReceiveFiles", "s3:ListMultipartUploadParts"): shows_a_part_upload,
    ("PartsRole", "PublishBytes", "s3:GetObject"): completes_parts_that_were_half_published,
    ("PartsRole", "PublishBytes", "s3:PutObject"): completes_parts,
    ("PartsRole", "PublishBytes", "s3:DeleteObject"): completes_parts_that_were_deleted,
    ("PartsRole", "RecordAssets", "dynamodb:BatchGetItem"): completes_parts,
    ("PartsRole", "RecordAssets", "dynamodb:ConditionCheckItem"): completes_parts,
    ("PartsRole", "RecordAssets", "dynamodb:PutItem"): completes_parts,
    ("PartsRole", "RecordAssets", "dynamodb:UpdateItem"): completes_parts,
}
