"""The deployed CloudFormation stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import yaml
from botocore.exceptions import ClientError

from local.aws import Clients

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

NAME = "asset-upload-api-local"
_USABLE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
# Kept in the emulator, not in a file, so that it always matches the emulator's state, even after a crash.
_FINGERPRINT = f"/{NAME}/deployed"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack's outputs and parameters, and its resources' physical ids by logical id."""

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    resources: Mapping[str, str]

    @property
    def distribution_host(self) -> str:
        return self.outputs["DistributionDomainName"]


def find(cloudformation: "CloudFormationClient") -> Stack | None:
    """Return the stack if it exists and is complete."""
    try:
        described = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # there is no such stack
            return None
        raise
    if described["StackStatus"] not in _USABLE:
        return None
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=NAME)
    return Stack(
        outputs={output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])},
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])},
        resources={
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
        },
    )


def processed_template(cloudformation: "CloudFormationClient") -> Mapping[str, Any]:
    """Return the template after SAM's transform."""
    body: object = cloudformation.get_template(StackName=NAME, TemplateStage="Processed")["TemplateBody"]
    # boto3 parses JSON and leaves YAML as text.
    return cast(Mapping[str, Any], yaml.safe_load(body) if isinstance(body, str) else body)


def deployed_fingerprint(clients: Clients) -> str:
    """Return the fingerprint that was remembered last; empty if no deploy has completed."""
    try:
        return str(clients.parameters.get_parameter(Name=_FINGERPRINT)["Parameter"]["Value"])
    except clients.parameters.exceptions.ParameterNotFound:
        return ""


def remember_fingerprint(clients: Clients, fingerprint: str) -> None:
    clients.parameters.put_parameter(Name=_FINGERPRINT, Value=fingerprint, Type="String", Overwrite=True)
