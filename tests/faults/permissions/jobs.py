"""Permissions of generations, imports and erasures."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from asset_api.assets import asset_ids
from asset_api.jobs.job import Job
from asset_api.jobs.job_states import Kind
from tests import media
from tests.e2e.client import refused, succeeded
from tests.e2e.emulated_aws import client, item_with, physical_id
from tests.faults.permissions.deployment import (
    Attempt,
    Deployment,
    Permissions,
    ended_unheard,
    returns_status,
    sample,
    stored_late,
)


def generates_from_a_frame(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    asset_id = owner.uploaded("clip.mp4", media.mp4())["asset_id"]
    return returns_status(deployment, 202, lambda: owner.generate(input={"image": f"asset:{asset_id}#frame=last"}))


def generates(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 202, owner.generate)


def generates_with_a_key(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 202, lambda: owner.generate(key="a-key"))


def cancels(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    job_id = owner.generating("stand-in/never-ends")
    return returns_status(deployment, 200, lambda: owner.cancel(job_id))


def generates_from_an_image(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    url = owner.uploaded("image.png", media.png())["url"]
    return returns_status(deployment, 202, lambda: owner.generate(input={"image": url}))


def takes_a_webhook(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    job_id = owner.generating()
    owner.ended(job_id)
    (prediction,) = deployment.stand_in.predictions_of(job_id)
    body = json.dumps({k: v for k, v in prediction.items() if k != "webhooks"}).encode()
    path = httpx.URL(prediction["webhook"]).raw_path.decode()
    headers = deployment.stand_in.webhook_headers(body)
    return returns_status(deployment, 200, lambda: deployment.http.post(path, content=body, headers=headers))


def is_refused_by_the_provider(deployment: Deployment) -> Attempt:
    """Check that the refusal leaves no job."""
    owner = deployment.someone()
    return returns_status(deployment, 502, lambda: owner.generate("stand-in/unauthorized"))


def cleans_up_after_a_job(deployment: Deployment) -> Attempt:
    """Return the message of a job that was canceled after a crash between its video's bytes and their item."""
    owner, job_id, event = ended_unheard(deployment)
    stored_late(deployment, item_with(deployment.stack, f"job#{job_id}")["asset_id"]["S"])
    succeeded(owner.cancel(job_id), 200)
    return lambda: deployment.works("ingest", event)


def ingests(deployment: Deployment) -> Attempt:
    _, job_id, event = ended_unheard(deployment)
    asset_id = item_with(deployment.stack, f"job#{job_id}")["asset_id"]["S"]

    def attempt() -> bool:
        deployment.put("IncomingBucket", f"generated/{asset_id}", b"")
        return deployment.works("ingest", event)

    return attempt


def begins_an_import(deployment: Deployment) -> Attempt:
    owner = deployment.someone()
    return returns_status(deployment, 202, lambda: owner.import_url("https://images.example.com/a.jpg"))


def imports_an_own_asset(deployment: Deployment) -> Attempt:
    """Return True if the first attempt publishes the copy."""
    owner = deployment.someone()
    asset = owner.uploaded("image.png", media.png())
    subject = owner.owner

    def attempt() -> bool:
        asset_id = asset_ids.mint(subject, salt="any", now=datetime.now(UTC))
        source = {"source_url": asset["url"], "source_asset_id": asset["asset_id"]}
        job_id, event = _stored_job(deployment, subject, "import", asset_id=asset_id, **source)
        return deployment.works("ingest", event) and succeeded(owner.job(job_id), 200)["status"] == "completed"

    return attempt


def _stored_job(
    deployment: Deployment, owner: str, kind: Kind, *, seconds_ago: int = 0, **fields: Any
) -> tuple[str, dict[str, Any]]:
    """Store a job that no process works on; return its id and the message that starts the work."""
    now = datetime.now(UTC)
    job = Job(
        owner=owner,
        job_id=asset_ids.mint(owner, salt="any", now=now - timedelta(seconds=seconds_ago)),
        kind=kind,
        input={},
        deadline=int(now.timestamp()) + 3600,
        check_at=int(now.timestamp()) + 3600,
        **fields,
    )
    client(deployment.stack, "dynamodb").put_item(
        TableName=physical_id(deployment.stack, "AssetsTable"), Item=job.to_item()
    )
    record = sample("ingest")["Records"][0]
    message = {"owner": owner, "job_id": job.job_id, "prediction_id": "", "kind": kind}
    return job.job_id, {"Records": [{**record, "body": json.dumps(message)}]}


def erases(deployment: Deployment) -> Attempt:
    """Run the first pass over an owner with a refused upload in the incoming bucket."""
    return _erasure(deployment, asked_for_seconds_ago=0)


def ends_an_erasure(deployment: Deployment) -> Attempt:
    return _erasure(deployment, asked_for_seconds_ago=60)


def _erasure(deployment: Deployment, *, asked_for_seconds_ago: int) -> Attempt:
    owner = deployment.someone()
    arrived = owner.arrived("clip.mp4", media.gif())
    refused(owner.complete(arrived["asset_id"]), 400)
    succeeded(owner.begin("clip.mp4", 5), 201)
    subject = owner.owner

    def attempt() -> bool:
        # The emulator asks for the permission to remove a version from the second version on.
        deployment.put("IncomingBucket", f"uploads/{arrived['asset_id']}", b"")
        _, event = _stored_job(deployment, subject, "erasure", seconds_ago=asked_for_seconds_ago)
        return deployment.works("ingest", event)

    return attempt


JOBS: Permissions = {
    ("GenerateRole", "LimitRequestsAndRememberIdempotencyKeys", "dynamodb:PutItem"): generates_with_a_key,
    ("GenerateRole", "LimitRequestsAndRememberIdempotencyKeys", "dynamodb:UpdateItem"): generates,
    ("GenerateRole", "KeepJobs", "dynamodb:GetItem"): cancels,
    ("GenerateRole", "KeepJobs", "dynamodb:PutItem"): generates,
    ("GenerateRole", "KeepJobs", "dynamodb:UpdateItem"): cancels,
    ("GenerateRole", "KeepJobs", "dynamodb:DeleteItem"): is_refused_by_the_provider,
    ("GenerateRole", "QueueImportsAndErasures", "sqs:SendMessage"): begins_an_import,
    ("GenerateRole", "SeeWhetherAnInputIsLive", "s3:GetObject"): generates_from_an_image,
    ("GenerateRole", "MakeWhatAnInputRefersTo", "lambda:InvokeFunction"): generates_from_a_frame,
    ("WebhookRole", "QueuePredictions", "sqs:SendMessage"): takes_a_webhook,
    ("IngestRole", "CopyOutputs", "s3:GetObject"): ingests,
    ("IngestRole", "CopyOutputs", "s3:GetObjectVersion"): ingests,
    ("IngestRole", "CopyOutputs", "s3:PutObject"): ingests,
    ("IngestRole", "CopyOutputs", "s3:DeleteObject"): ingests,
    ("IngestRole", "CopyOutputs", "s3:DeleteObjectVersion"): ingests,
    ("IngestRole", "FindCopies", "s3:ListBucketVersions"): ingests,
    ("IngestRole", "PublishBytes", "s3:GetObject"): imports_an_own_asset,
    ("IngestRole", "PublishBytes", "s3:PutObject"): ingests,
    ("IngestRole", "PublishBytes", "s3:DeleteObject"): cleans_up_after_a_job,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:GetItem"): ingests,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:BatchGetItem"): imports_an_own_asset,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:ConditionCheckItem"): ingests,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:PutItem"): ingests,
    ("IngestRole", "CompleteJobsAndRecordAssets", "dynamodb:UpdateItem"): ingests,
    ("IngestRole", "EraseOwners", "dynamodb:Query"): erases,
    ("IngestRole", "EraseOwners", "dynamodb:BatchWriteItem"): erases,
    ("IngestRole", "EraseOwners", "dynamodb:DeleteItem"): ends_an_erasure,
    ("IngestRole", "EraseRequests", "dynamodb:Query"): ends_an_erasure,
    ("IngestRole", "EraseRequests", "dynamodb:DeleteItem"): ends_an_erasure,
    ("IngestRole", "RemoveUploads", "s3:DeleteObject"): erases,
    ("IngestRole", "RemoveUploads", "s3:DeleteObjectVersion"): erases,
    ("IngestRole", "RemoveUploads", "s3:AbortMultipartUpload"): erases,
    ("IngestRole", "RemoveUploads", "s3:ListMultipartUploadParts"): erases,
    ("IngestRole", "FindUploadsInParts", "s3:ListBucketMultipartUploads"): erases,
    ("IngestRole", "GoOnErasing", "sqs:SendMessage"): erases,
}
