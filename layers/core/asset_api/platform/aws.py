"""Clients of AWS, with time-outs and retries that are chosen, and no attempt that might outlive the invocation."""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from asset_api.platform import aws_session, deadlines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.credentials import Credentials
    from botocore.session import Session
    from mypy_boto3_cloudfront.client import CloudFrontClient
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

# Of one attempt. Whether another fits into the invocation is decided before each: `_client`.
_CONNECT_TIMEOUT_SECONDS = 1
_DYNAMODB_READ_TIMEOUT_SECONDS = 3
_S3_READ_TIMEOUT_SECONDS = 8
_CLOUDFRONT_READ_TIMEOUT_SECONDS = 10
_SQS_READ_TIMEOUT_SECONDS = 5
# S3 takes its time to copy half a gigabyte; whoever waits for that is behind a queue, not behind API Gateway.
_S3_LARGE_READ_TIMEOUT_SECONDS = 120
_ATTEMPTS = 3
_USER_AGENT = f"asset-upload-api Botocore/{botocore.__version__}"
# What botocore's standard mode waits at most before the last of three attempts: "Retries", Boto3 guide.
LONGEST_PAUSE_SECONDS = 2


class OutOfTimeError(BotoCoreError):
    """An attempt was not made, as its end might have come after the invocation's."""

    fmt = "the invocation has too little time left for a call of AWS"


@cache
def session() -> "Session":
    """The process's one."""
    return aws_session.new()


def credentials() -> "Credentials":
    """The role's credentials as they are now: botocore renews them where they expire."""
    found = session().get_credentials()
    if found is None:
        raise RuntimeError("no AWS credentials")
    return found


@cache
def dynamodb() -> "DynamoDBClient":
    # Parameters are checked by mypy, and by DynamoDB: none of them becomes part of a URL.
    return cast("DynamoDBClient", _client("dynamodb", _DYNAMODB_READ_TIMEOUT_SECONDS, parameter_validation=False))


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


def attempt_seconds(client: Any) -> float:
    """What one attempt of a call of `client` may take, with the pause that may follow it."""
    config = client.meta.config
    return float(config.connect_timeout + config.read_timeout + LONGEST_PAUSE_SECONDS)


def _client(service: str, read_timeout_seconds: int, *, parameter_validation: bool = True) -> Any:
    config = Config(
        # botocore would put its own together anew for each call, which is a tenth of what a call takes.
        user_agent=_USER_AGENT,
        parameter_validation=parameter_validation,
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    client = session().create_client(service, config=config)
    needed = attempt_seconds(client)

    def stop_in_time(**_: Any) -> None:
        # Not an error of the kind that botocore tries again after.
        if not deadlines.allows(needed):
            raise OutOfTimeError

    client.meta.events.register_first("before-send", stop_in_time)
    return client
