"""CloudFormation stacks: their state and parameters, and the reasons for a failed deployment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, WaiterError

from tools.deploy.failures import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

# Function names are "<stack>-<function>", and Lambda allows 64 characters.
LONGEST_NAME = 50
# The stack has only a change set so far.
_NOT_CREATED = "REVIEW_IN_PROGRESS"
_DEPLOYABLE = {
    *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"),
    *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
}


@dataclass(frozen=True)
class Stack:
    """An existing stack. Values of secret parameters are masked."""

    name: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]


def find(cloudformation: "CloudFormationClient", name: str) -> Stack | None:
    """Find the stack with this name, in any state."""
    try:
        described: Any = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # CloudFormation's code for a missing stack
            return None
        raise
    return Stack(
        name,
        described["StackStatus"],
        {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])},
    )


def require(cloudformation: "CloudFormationClient", name: str) -> Stack:
    """Return the stack with this name. Raises DeploymentError if there is none."""
    stack = find(cloudformation, name)
    if stack is None:
        region = cloudformation.meta.region_name
        raise DeploymentError(f"There is no stack {name} in {region}.", "STACK and AWS_REGION choose another.")
    return stack


def ready(cloudformation: "CloudFormationClient", name: str, say: Callable[[str], None]) -> Stack | None:
    """Return the stack to update, or None if it must be created. Raises DeploymentError if neither is possible.

    Removes the remains of a failed first deployment: an empty stack that CloudFormation can neither update nor replace.
    """
    stack = find(cloudformation, name)
    if stack is None or stack.status == _NOT_CREATED:
        return None
    if stack.status in _DEPLOYABLE:
        return stack
    if stack.status == "ROLLBACK_COMPLETE":
        say(f"Removing the empty stack {name}, left by a failed first deployment")
        cloudformation.delete_stack(StackName=name)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
        except WaiterError as error:
            raise DeploymentError(f"The stack {name} could not be removed: {error}.", _IN_CONSOLE) from error
        return None
    if stack.status.endswith("_IN_PROGRESS"):
        raise DeploymentError(
            f"The stack {name} is being updated: {stack.status}.", "Wait until the update has finished."
        )
    raise DeploymentError(f"The stack {name} is stuck: {stack.status}.", _IN_CONSOLE)


_IN_CONSOLE = 'See "A deployment that failed" in docs/operations.md.'


def newest_event(cloudformation: "CloudFormationClient", name: str) -> str:
    """Return the id of the stack's last event; empty if there is no stack."""
    if find(cloudformation, name) is None:
        return ""
    return cloudformation.describe_stack_events(StackName=name)["StackEvents"][0]["EventId"]


def failures(cloudformation: "CloudFormationClient", name: str, since: str) -> list[str]:
    """List the reasons for which resources failed after the event `since`, oldest first."""
    reasons: list[str] = []
    if find(cloudformation, name) is None:
        return reasons
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
        for event in page["StackEvents"]:
            if event["EventId"] == since:
                return reasons[::-1]
            reason = event.get("ResourceStatusReason", "")
            if event.get("ResourceStatus", "").endswith("_FAILED") and "cancelled" not in reason:
                reasons.append(f"{event['LogicalResourceId']}: {reason}")
    return reasons[::-1]
