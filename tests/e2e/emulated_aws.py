"""The emulator's AWS behind the service, as the account's root user."""

import contextlib
import functools
import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3

from local import environment
from local.root_key import RootKey
from local.stack import NAME
from tests.e2e.client import eventually
from tests.e2e.local_stack import LocalStack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.client import CloudFormationClient


def client(stack: LocalStack, service: str) -> Any:
    """Return boto3's client of any service, created once per stack, because that takes longer than most calls."""
    return _client(service, stack.emulator_url, stack.root_key)


@functools.cache
def _client(service: str, url: str, key: RootKey) -> Any:
    # Typed stubs are a dependency for the services that the functions call only.
    made: Any = boto3.client(
        service,  # type: ignore[call-overload]  # a name that is no literal
        endpoint_url=url,
        region_name=environment.REGION,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
    )
    return made


def physical_id(stack: LocalStack, logical_id: str) -> str:
    """Return the physical name of a resource in the template."""
    cloudformation: CloudFormationClient = client(stack, "cloudformation")
    resource = cloudformation.describe_stack_resource(StackName=NAME, LogicalResourceId=logical_id)
    return resource["StackResourceDetail"]["PhysicalResourceId"]


def items(stack: LocalStack, table: str = "AssetsTable") -> Iterator[dict[str, Any]]:
    """Read all items of a table, page by page: other tests may have filled more than one page, a megabyte."""
    pages = client(stack, "dynamodb").get_paginator("scan").paginate(TableName=physical_id(stack, table))
    return (item for page in pages for item in page["Items"])


def item_with(stack: LocalStack, sort_key: str) -> dict[str, Any]:
    """Find an item of the assets table, of any owner, that must be there."""
    found = [item for item in items(stack) if item["sk"]["S"] == sort_key]
    assert len(found) == 1, f"{len(found)} items with the sort key {sort_key}"
    return found[0]


def check_no_sooner_than_in_an_hour(stack: LocalStack, job_id: str) -> None:
    """Put off the scheduled check of a job, so that nothing but a webhook brings it on."""
    item = item_with(stack, f"job#{job_id}")
    client(stack, "dynamodb").update_item(
        TableName=physical_id(stack, "AssetsTable"),
        Key={name: item[name] for name in ("owner", "sk")},
        UpdateExpression="SET check_at = :later",
        ConditionExpression="attribute_exists(in_flight)",
        ExpressionAttributeValues={":later": {"N": str(int(time.time()) + 3600)}},
    )


def stored_names(stack: LocalStack, asset_id: str) -> list[str]:
    """List the objects of an asset by their names below its key; an empty name is its own bytes."""
    key = f"api/v2/assets/{asset_id}"
    found = client(stack, "s3").list_objects_v2(Bucket=physical_id(stack, "AssetsBucket"), Prefix=key)
    return [each["Key"].removeprefix(key).removeprefix("/") for each in found.get("Contents", ())]


def wait_for_thumbnails(stack: LocalStack, asset_id: str) -> None:
    """Wait until the last thumbnail of a new file is made, which may be after a test deletes or changes the file."""
    last = ("w640.webp", "frame-poster-w320.webp")
    eventually(
        f"the last thumbnail of {asset_id}",
        lambda: any(name.endswith(last) for name in stored_names(stack, asset_id)),
    )


@contextlib.contextmanager
def no_events_of_files(stack: LocalStack) -> Iterator[None]:
    """Drop S3's events of what is uploaded within the block."""
    events, rule = client(stack, "events"), physical_id(stack, "FileArrivedRule")
    events.disable_rule(Name=rule)
    try:
        yield
    finally:
        events.enable_rule(Name=rule)


def reconcile(stack: LocalStack) -> None:
    """Run the scheduled function now, and not at the end of a minute."""
    client(stack, "lambda").invoke(FunctionName=f"{NAME}-reconcile", Payload=b"{}")


def publications_by_event(stack: LocalStack, asset_id: str, count: int = 1) -> list[str]:
    """Wait for the first `count` events of a file, and return how each ended: `published`, or the refusal's slug.

    Reads the function's log, as a refusal leaves no other trace: before its event was handled, a missing file proves
    nothing.
    """
    logs = client(stack, "logs")

    def look() -> list[str] | None:
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{NAME}-publish", filterPattern=f'"{asset_id}"')
        lines = [json.loads(event["message"]) for event in found["events"] if asset_id in event["message"]]
        ends = [line.get("reason", line["message"]) for line in lines if line.get("asset_id") == asset_id]
        return ends if len(ends) >= count else None

    return eventually(f"{count} events of {asset_id} handled", look)
