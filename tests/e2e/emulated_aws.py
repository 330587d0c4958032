"""The emulator's AWS behind the service, as the account's root user."""

import functools
import json
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
