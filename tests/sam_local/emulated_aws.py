"""AWS for functions in containers: the emulator in a container beside them, with the template's resources."""

import importlib.metadata
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

from tests.sam_local.docker import Network
from tests.template.cloudformation import ROOT, load

RUNTIME = "3.13"
IMAGE = f"public.ecr.aws/lambda/python:{RUNTIME}"
SECRET = "a-secret-for-tests-of-32-characters"
TOKEN_OWNER = "alice"
_PORT = 4566
_START_SECONDS = 300
_CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


@dataclass(frozen=True)
class EmulatedAws:
    """Addresses for functions and for tests, and the variables that functions need."""

    url: str
    url_on_this_machine: str
    environment: dict[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.url_on_this_machine, **_CREDENTIALS)  # type: ignore[call-overload]


def start(network: Network, directory: Path) -> EmulatedAws:
    """Start the emulator with tables, buckets and queue; its packages are installed into `directory`."""
    wanted = [f"{name}=={importlib.metadata.version(name)}" for name in ("ministack", "aws-sam-translator")]
    install = ["uv", "pip", "install", "--quiet", "--target", str(directory), "--python-version", RUNTIME]
    subprocess.run([*install, "--python-platform=x86_64-manylinux_2_28", "--only-binary=:all:", *wanted], check=True)
    container = network.run(
        IMAGE,
        ["python3", "-m", "ministack"],
        # Of a container, in a separate network.
        environment={"PYTHONPATH": "/opt/emulator", "GATEWAY_PORT": str(_PORT), "BIND_HOST": "0.0.0.0"},  # noqa: S104
        mounts={directory: "/opt/emulator"},
        port=_PORT,
    )
    deadline = time.monotonic() + _START_SECONDS
    while not _is_up(container.url_on_this_machine):
        assert time.monotonic() < deadline, container.output
        time.sleep(0.2)
    aws = EmulatedAws(container.url, container.url_on_this_machine, {})
    aws.environment.update(_environment(aws.url))
    _create_resources(aws)
    return aws


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_ministack/health", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def _environment(url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": url,
        "ASSETS_TABLE": "assets",
        "REQUESTS_TABLE": "requests",
        "INCOMING_BUCKET": "incoming",
        "INCOMING_BUCKET_DOMAIN": "incoming.s3.us-east-1.amazonaws.com",
        "ASSETS_BUCKET": "assets",
        "ASSET_ID_SALT": "a-salt-of-this-stack",
        **json.loads((ROOT / "events" / "settings" / "sam-local.json").read_text())["Parameters"],
        "JWT_SECRETS": SECRET,
        "INGEST_QUEUE_URL": f"{url}/000000000000/ingest",
        "REPLICATE_API_TOKEN": "",
        "DISTRIBUTION_ID": "",
    }


def _create_resources(aws: EmulatedAws) -> None:
    resources = load()["Resources"]
    for name, table in (("assets", "AssetsTable"), ("requests", "RequestsTable")):
        properties = resources[table]["Properties"]
        shape = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        aws.client("dynamodb").create_table(
            TableName=name, **{key: properties[key] for key in shape if key in properties}
        )
    for bucket in ("incoming", "assets"):
        aws.client("s3").create_bucket(Bucket=bucket)
    aws.client("s3").put_bucket_versioning(Bucket="incoming", VersioningConfiguration={"Status": "Enabled"})
    aws.client("sqs").create_queue(QueueName="ingest")
