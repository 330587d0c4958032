"""Erasure of an owner, and the remains in the stack's tables, buckets and queues."""

import json
from typing import Any

import pytest

from tests import media
from tests.e2e.client import Caller, refused, succeeded
from tests.e2e.emulated_aws import client, physical_id
from tests.e2e.local_stack import LocalStack

# Data that is kept for a time, as docs/operations.md says.
KEPT = ("tombstone#", "usage", "job#", "change#")


def everything_of(stack: LocalStack, owner: str, ids: set[str]) -> list[str]:
    """Find every item, object and message of the stack that names the owner or one of these ids."""
    dynamodb, s3, sqs = (client(stack, service) for service in ("dynamodb", "s3", "sqs"))
    found: list[str] = []
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                if item["owner"]["S"].startswith("rendition#"):  # kept for an hour
                    continue
                text = json.dumps(item)
                if owner in text or any(each in text for each in ids):
                    found.append(f"{table} {item['sk']['S']}")
    for bucket in ("IncomingBucket", "AssetsBucket"):
        listed: dict[str, Any] = dict(s3.list_object_versions(Bucket=physical_id(stack, bucket)))
        keys = [version["Key"] for version in listed.get("Versions", ())]
        found += [f"{bucket} {key}" for key in keys if any(each in key for each in ids)]
    for url in sqs.list_queues().get("QueueUrls", ()):
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", ())
        found += [f"{url} {message['Body']}" for message in received if owner in message["Body"]]
    return found


@pytest.mark.usefixtures("stand_in")
def test_an_erased_owner_has_nothing_anywhere(alice: Caller, bob: Caller, stack: LocalStack) -> None:
    image = alice.uploaded("image.png", media.png())
    succeeded(alice.upload("tagged.png", media.png(), key="a-key"), 201)
    refused(alice.complete(alice.arrived("clip.mp4", media.gif())["asset_id"]), 400)
    form = succeeded(alice.ask_for_form("later.png"), 201)
    waiting = alice.generating("stand-in/never-ends")
    imported = alice.ended(succeeded(alice.import_url(image["url"]), 202)["job_id"])["asset_id"]
    kept = bob.uploaded("kept.png", media.png())["asset_id"]
    ids = {*alice.listed_ids(), form["asset_id"], waiting, imported}
    owner = alice.owner

    accepted = succeeded(alice.erase(), 202)
    assert accepted.keys() == {"success", "job_id"}
    job = alice.ended(accepted["job_id"])
    assert (job["kind"], job["status"], job["deleted_assets"]) == ("erasure", "completed", 3), job
    assert alice.listed_ids() == []
    assert alice.get(image["asset_id"]).status_code == 404
    assert refused(alice.job(waiting), 404) == "Job not found"
    assert succeeded(alice.send("GET", "/api/v2/usage"), 200)["assets"] == 0

    assert alice.post(form["upload"], media.png()).status_code == 201
    refused(alice.complete(form["asset_id"]), 404)
    assert alice.get(form["asset_id"]).status_code == 404

    left = everything_of(stack, owner, ids - {form["asset_id"]})
    assert [each for each in left if not each.partition(" ")[2].startswith(KEPT)] == []
    assert bob.get(kept).status_code == 200
