"""AWS clients of the emulator."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from local import environment
from local.root_key import RootKey

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Clients:
    """Clients for the services that the local stack itself calls, as the account's root user."""

    cloudformation: "CloudFormationClient"
    functions: "LambdaClient"
    s3: "S3Client"
    # Untyped: the stubs are not among the dependencies.
    apis: Any
    parameters: Any

    @classmethod
    def of(cls, endpoint_url: str, key: RootKey) -> "Clients":
        session = boto3.Session(
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            region_name=environment.REGION,
        )
        config = Config(retries={"max_attempts": 2}, max_pool_connections=16)
        return cls(
            cloudformation=session.client("cloudformation", endpoint_url=endpoint_url, config=config),
            functions=session.client("lambda", endpoint_url=endpoint_url, config=config),
            s3=session.client("s3", endpoint_url=endpoint_url, config=config),
            apis=session.client("apigatewayv2", endpoint_url=endpoint_url, config=config),
            parameters=session.client("ssm", endpoint_url=endpoint_url, config=config),
        )
