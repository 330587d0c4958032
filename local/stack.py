"""The deployed stack as CloudFormation describes it."""

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
# In the emulator and not in a file: it is then exactly as old as the state it speaks of, also after a crash.
_FINGERPRINT = f"/{NAME}/deployed"


@dataclass(frozen=True, slots=True)
class Stack:
    """Outputs, and physical ids by logical id."""

    outputs: Mapping[str, str]
    resources: Mapping[str, str]

    @property
    def distribution_host(self) -> str:
        return self.outputs["DistributionDomainName"]


def find(cloudformation: "CloudFormationClient") -> Stack | None:
    """The stack if it is there and whole."""
    try:
        described = cloudformation.describe_stacks(StackName=NAME)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # what CloudFormation says of a stack it has not
            return None
        raise
    if described["StackStatus"] not in _USABLE:
        return None
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=NAME)
    return Stack(
        outputs={output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])},
        resources={
            resource["LogicalResourceId"]: resource.get("PhysicalResourceId", "")
            for page in pages
            for resource in page["StackResourceSummaries"]
        },
    )


def processed_template(cloudformation: "CloudFormationClient") -> Mapping[str, Any]:
    """The template after SAM's transform."""
    body: object = cloudformation.get_template(StackName=NAME, TemplateStage="Processed")["TemplateBody"]
    # boto3 parses JSON and leaves YAML as text.
    return cast(Mapping[str, Any], yaml.safe_load(body) if isinstance(body, str) else body)


def deployed_fingerprint(clients: Clients) -> str:
    """What `remember_fingerprint` was given last; empty where nothing was deployed to the end."""
    try:
        return str(clients.parameters.get_parameter(Name=_FINGERPRINT)["Parameter"]["Value"])
    except clients.parameters.exceptions.ParameterNotFound:
        return ""


def remember_fingerprint(clients: Clients, fingerprint: str) -> None:
    clients.parameters.put_parameter(Name=_FINGERPRINT, Value=fingerprint, Type="String", Overwrite=True)
