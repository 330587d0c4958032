"""AWS clients with explicit timeouts and retries, which start no attempt that might outlive the invocation."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from asset_api.platform import remaining_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.credentials import Credentials
    from mypy_boto3_cloudfront.client import CloudFrontClient
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef
    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

# Timeouts of one attempt. `_client` checks before each attempt whether it still fits into the invocation.
_CONNECT_TIMEOUT_SECONDS = 1
_DYNAMODB_READ_TIMEOUT_SECONDS = 3
_S3_READ_TIMEOUT_SECONDS = 8
_CLOUDFRONT_READ_TIMEOUT_SECONDS = 10
_SQS_READ_TIMEOUT_SECONDS = 5
_LAMBDA_READ_TIMEOUT_SECONDS = 5
# A frame takes a second or two. A request that runs out of time gets a 503, and its retry finds the frame made.
_SYNCHRONOUS_READ_TIMEOUT_SECONDS = 15
_EVENTBRIDGE_READ_TIMEOUT_SECONDS = 5
# S3 may take this long to copy half a gigabyte. Only functions behind a queue wait that long, none behind API Gateway.
_S3_LARGE_READ_TIMEOUT_SECONDS = 120
_ATTEMPTS = 3
_USER_AGENT = f"asset-upload-api Botocore/{botocore.__version__}"
# The longest pause of botocore's standard mode before the last of three attempts: "Retries", Boto3 guide.
LONGEST_PAUSE_SECONDS = 2
# botocore's own way to amend its models (`botocore.loaders`). Ours passes DynamoDB's items and values through
# unconverted, which saves two walks of each. It would break binary values, which are not used here.
_MODELS = Path(__file__).parent / "aws_models"


class OutOfTimeError(BotoCoreError):
    """The attempt was not made: it might have outlived the invocation."""

    fmt = "too little time left in the invocation for an AWS call"


@cache
def session() -> Session:
    """Return the process's only session. boto3's adds 20 ms to a cold start, and nothing that is needed here."""
    made = Session()
    made.get_component("data_loader").search_paths.append(str(_MODELS))
    return made


def credentials() -> "Credentials":
    """Return the role's current credentials; botocore renews them before they expire."""
    found = session().get_credentials()
    if found is None:
        raise RuntimeError("no AWS credentials")
    return found


@cache
def dynamodb() -> "DynamoDBClient":
    # mypy and DynamoDB check the parameters, and none of them becomes part of a URL.
    return cast("DynamoDBClient", _client("dynamodb", _DYNAMODB_READ_TIMEOUT_SECONDS, parameter_validation=False))


@cache
def s3() -> "S3Client":
    return cast("S3Client", _client("s3", _S3_READ_TIMEOUT_SECONDS))


@cache
def s3_for_large_files() -> "S3Client":
    # Otherwise botocore adds a CRC32 to each part of an upload that was created without one, which S3 refuses.
    return cast("S3Client", _client("s3", _S3_LARGE_READ_TIMEOUT_SECONDS, checksums="when_required"))


@cache
def sqs() -> "SQSClient":
    return cast("SQSClient", _client("sqs", _SQS_READ_TIMEOUT_SECONDS))


@cache
def eventbridge() -> "EventBridgeClient":
    return cast("EventBridgeClient", _client("events", _EVENTBRIDGE_READ_TIMEOUT_SECONDS))


@cache
def lambda_client() -> "LambdaClient":
    """Lambda, for asynchronous invocations: the response only confirms that the event is queued."""
    return cast("LambdaClient", _client("lambda", _LAMBDA_READ_TIMEOUT_SECONDS))


@cache
def lambda_client_for_synchronous_calls() -> "LambdaClient":
    """Lambda, for synchronous invocations within a client's request."""
    return cast("LambdaClient", _client("lambda", _SYNCHRONOUS_READ_TIMEOUT_SECONDS))


@cache
def cloudfront() -> "CloudFrontClient":
    return cast("CloudFrontClient", _client("cloudfront", _CLOUDFRONT_READ_TIMEOUT_SECONDS))


def refused_item(error: ClientError) -> "Mapping[str, AttributeValueTypeDef]":
    """Return the item that failed a write's condition (`ReturnValuesOnConditionCheckFailure`); empty if none."""
    item: Mapping[str, AttributeValueTypeDef] = cast(Any, error.response).get("Item", {})
    return item


def attempt_seconds(client: Any) -> float:
    """Return the longest time that one attempt of `client` may take, including the pause after it."""
    config = client.meta.config
    return float(config.connect_timeout + config.read_timeout + LONGEST_PAUSE_SECONDS)


def _client(
    service: str,
    read_timeout_seconds: int,
    *,
    parameter_validation: bool = True,
    checksums: Literal["when_supported", "when_required"] = "when_supported",
) -> Any:
    config = Config(
        request_checksum_calculation=checksums,
        # botocore would build its own for every call, which takes a tenth of the call's CPU time.
        user_agent=_USER_AGENT,
        parameter_validation=parameter_validation,
        connect_timeout=_CONNECT_TIMEOUT_SECONDS,
        read_timeout=read_timeout_seconds,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    client = session().create_client(service, config=config)
    needed = attempt_seconds(client)

    def stop_in_time(**_: Any) -> None:
        # botocore does not retry after this error.
        if not remaining_time.allows(needed):
            raise OutOfTimeError

    client.meta.events.register_first("before-send", stop_in_time)
    return client
