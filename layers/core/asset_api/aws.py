"""Clients of AWS, with the time-outs and retries that a request behind API Gateway can afford."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.credentials import Credentials
    from mypy_boto3_cloudfront.client import CloudFrontClient
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

# Three attempts of these fit the 28 s of the functions behind API Gateway, with time left to answer.
_CONNECT_TIMEOUT_SECONDS = 1
_DYNAMODB_READ_TIMEOUT_SECONDS = 3
_S3_READ_TIMEOUT_SECONDS = 8
_CLOUDFRONT_READ_TIMEOUT_SECONDS = 10
_SQS_READ_TIMEOUT_SECONDS = 5
# S3 takes its time to copy half a gigabyte; whoever waits for that is behind a queue, not behind API Gateway.
_S3_LARGE_READ_TIMEOUT_SECONDS = 120
_ATTEMPTS = 3
_MODELS = Path(__file__).parent / "aws_models"


@cache
def session() -> botocore.session.Session:
    """The process's one botocore session: boto3 would add 20 ms to a cold start and nothing that is used here."""
    made = botocore.session.get_session()
    # botocore's own way to amend its models (`botocore.loaders`): ours has it leave DynamoDB's attribute values as they
    # are in JSON, instead of walking each one twice. That would break binary ones, of which there are none here.
    made.get_component("data_loader").search_paths.append(str(_MODELS))
    return made


def credentials() -> "Credentials":
    """The role's credentials as they are now: botocore renews them where they expire."""
    found = session().get_credentials()
    if found is None:
        raise RuntimeError("no AWS credentials")
    return found


@cache
def dynamodb() -> "DynamoDBClient":
    return cast("DynamoDBClient", _client("dynamodb", _DYNAMODB_READ_TIMEOUT_SECONDS))


@cache
def s3() -> "S3Client":
    return cast("S3Client", _client("s3", _S3_READ_TIMEOUT_SECONDS))


@cache
def s3_for_large_files() -> "S3Client":
    return cast("S3Client", _client("s3", _S3_LARGE_READ_TIMEOUT_SECONDS))


@cache
def sqs() -> "SQSClient":
    return cast("SQSClient", _client("sqs", _SQS_READ_TIMEOUT_SECONDS))


@cache
def cloudfront() -> "CloudFrontClient":
    return cast("CloudFrontClient", _client("cloudfront", _CLOUDFRONT_READ_TIMEOUT_SECONDS))


def refused_item(error: ClientError) -> "Mapping[str, AttributeValueTypeDef]":
    """The item that a condition failed on, from a write with `ReturnValuesOnConditionCheckFailure`; empty for none."""
    item: Mapping[str, AttributeValueTypeDef] = cast(Any, error.response).get("Item", {})
    return item


def _client(service: str, read_timeout_seconds: int) -> Any:
    config = Config(
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    return session().create_client(service, config=config)
