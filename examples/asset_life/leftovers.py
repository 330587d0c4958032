"""A search of a deployment's tables and buckets for an owner, with credentials that may read them.

On the local stack, `make run` prints the endpoint and the file with the credentials:

    export ASSETS_STACK=asset-upload-api-local AWS_REGION=us-east-1
    export AWS_ENDPOINT_URL=http://127.0.0.1:… AWS_SHARED_CREDENTIALS_FILE=.local/aws-credentials
"""

import json
from collections.abc import Collection

import boto3

# docs/operations.md, "What is kept of an owner", says for how long: the erasure's own job, what keeps deleted assets
# from reappearing, and leases of renditions.
KEPT_FOR_A_TIME = ("job#", "tombstone#", "usage", "change#", "rendition#")


def leftovers(stack: str, owner: str, asset_ids: Collection[str]) -> list[str]:
    """List the items and objects of a stack that name the owner or an asset, without those kept for a time."""
    found = [each for table in _names(stack, "AWS::DynamoDB::Table") for each in _items(table, owner, asset_ids)]
    return found + [each for bucket in _names(stack, "AWS::S3::Bucket") for each in _objects(bucket, asset_ids)]


def _names(stack: str, type_: str) -> list[str]:
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == type_]


def _items(table: str, owner: str, asset_ids: Collection[str]) -> list[str]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    return [
        f"{table}: {item['owner']['S']} {item['sk']['S']}"
        for item in items
        if any(each in json.dumps(item) for each in (f'"{owner}"', *asset_ids))
        and not any(item[key]["S"].startswith(KEPT_FOR_A_TIME) for key in ("owner", "sk"))
    ]


def _objects(bucket: str, asset_ids: Collection[str]) -> list[str]:
    pages = boto3.client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
    keys = [version["Key"] for page in pages for version in page.get("Versions", ())]
    return [f"{bucket}: {key}" for key in keys if any(each in key for each in asset_ids)]
