"""`make deploy`: from a checkout to a running service."""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3

from tools.deploy import build, parameters, stacks
from tools.deploy.deployed import Deployed
from tools.deploy.failures import DeploymentError, advice
from tools.deploy.stacks import LONGEST_NAME, Stack


@dataclass(frozen=True)
class Request:
    """A stack to deploy, and its settings. `configuration` names an environment of samconfig.toml."""

    configuration: str
    stack: str
    overrides: Mapping[str, str]
    rotates_secret: bool = False


def deploy(session: boto3.Session, request: Request, say: Callable[[str], None]) -> Deployed:
    """Build and deploy the stack, then publish its page. Raises DeploymentError."""
    if not re.fullmatch(rf"[a-zA-Z][a-zA-Z0-9-]{{0,{LONGEST_NAME - 1}}}", request.stack):
        raise DeploymentError(
            f"{request.stack!r} is not a valid stack name.",
            f"It must begin with a letter and consist of at most {LONGEST_NAME} letters, digits and hyphens.",
        )
    say(f"Deploying {request.stack} to {session.region_name} in account {account_of(session)}")
    existing = stacks.ready(session.client("cloudformation"), request.stack, say)
    wanted = values(session, request, existing, say)
    say("Building functions and layers")
    build.build({name: wanted[name] for name in ("Runtime", "Architecture")})
    say("Deploying; the first time, CloudFront takes about five minutes")
    run_sam(session, request, wanted)
    deployed = Deployed.find(session, request.stack)
    say(f"Published the page: {deployed.publish_site()} files changed")
    return deployed


def values(
    session: boto3.Session, request: Request, existing: Stack | None, say: Callable[[str], None]
) -> dict[str, str]:
    """Choose the parameters to pass. All others keep their values, or get the template's defaults in a new stack."""
    of_configuration = parameters.of_configuration(request.configuration)[1]
    specified = of_configuration | dict(request.overrides) | parameters.secrets_of(os.environ)
    if any(url.startswith("http://") for url in specified.get("WebhookUrls", "").split(",")):
        raise DeploymentError("WebhookUrls has an http URL.", "On AWS, events are sent only to https URLs.")
    wanted = specified | build.target(specified, existing.parameters if existing else {})
    if existing is None and not (specified.get("JwtSecrets") or specified.get("JwtJwksUrl")):
        say("Generating a secret for tokens; the stack keeps it")
        wanted["JwtSecrets"] = parameters.new_secret()
    elif existing and request.rotates_secret:
        say("Generating a new secret for tokens; tokens signed with the previous one stay valid")
        wanted["JwtSecrets"] = f"{parameters.new_secret()},{Deployed(session, existing).secrets()[0]}"
    return wanted


def account_of(session: boto3.Session) -> str:
    """Return the credentials' account. Raises DeploymentError without credentials or a region."""
    if not session.region_name:
        raise DeploymentError("No region is set.", "export AWS_REGION=us-east-1, or another region near your users.")
    if session.get_credentials() is None:
        raise DeploymentError("No AWS credentials were found.", "Run `aws configure sso` or `aws configure`.")
    return session.client("sts").get_caller_identity()["Account"]


def run_sam(session: boto3.Session, request: Request, wanted: Mapping[str, str]) -> None:
    """Run `sam deploy`. Raises DeploymentError with CloudFormation's reasons and remedies for them."""
    cloudformation = session.client("cloudformation")
    before = stacks.newest_event(cloudformation, request.stack)
    with tempfile.TemporaryDirectory(prefix="asset-upload-api-") as directory:
        arguments = [
            "deploy",
            f"--config-file={parameters.ROOT / 'samconfig.toml'}",
            f"--config-env={request.configuration}",
            f"--template-file={build.BUILT_TEMPLATE}",
            f"--stack-name={request.stack}",
            f"--region={session.region_name}",
            "--no-confirm-changeset",
            "--no-fail-on-empty-changeset",
            "--parameter-overrides",
            parameters.write(wanted, Path(directory)),
        ]
        status = build.sam(arguments, {})
    if status != 0:
        reasons = stacks.failures(cloudformation, request.stack, before)
        raise DeploymentError(
            "\n".join(["`sam deploy` failed.", *reasons]), advice(reasons) or "SAM's output is above."
        )
