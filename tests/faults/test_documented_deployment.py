"""The commands of README.md and of the workflow, typed by a program that knows only them, in an emulated account.

Each deployment is in a region of its own: in the end, the account has four stacks, three of them of one name.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import jwt
import pytest
import yaml

from local import emulator, environment
from local.emulator_process.settings import Settings
from local.root_key import RootKey, root_key_of
from local.state import StateDirectory
from tests.checkouts import ROOT, check_out
from tests.e2e.local_stack import free_port
from tests.faults.terminal import Terminal, Typed

START_SECONDS = 60
NAME, PRODUCTION = "asset-upload-api", "asset-upload-api-prod"


@dataclass(frozen=True)
class Account:
    """The emulator as somebody's AWS account, and a checkout of this repository."""

    url: str
    checkout: Path
    key: RootKey

    def terminal(self, region: str | None = None, **variables: str) -> Terminal:
        """A shell as a stranger's: of what the tests' own has set up, it knows nothing."""
        kept = {name: value for name, value in environment.isolated(os.environ).items() if name != "PYENV_VERSION"}
        # No other Python than the one that the set-up has found: the layers must be built with it.
        alone = {"PATH": "/usr/local/bin:/usr/bin:/bin", "UV_PYTHON_DOWNLOADS": "never"}
        aws = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.key.secret_access_key,
            "SAM_CLI_POLL_DELAY": "0.2",
        }
        chosen = {"AWS_DEFAULT_REGION": region} if region else {}
        return Terminal(self.checkout, {**kept, **alone, **aws, **chosen, **variables})

    def client(self, service: str, region: str) -> Any:
        made: Any = boto3.client(
            service,  # type: ignore[call-overload]  # a name that is no literal
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=self.key.access_key_id,
            aws_secret_access_key=self.key.secret_access_key,
        )
        return made

    def stack(self, region: str, name: str = NAME) -> dict[str, Any]:
        described: dict[str, Any] = self.client("cloudformation", region).describe_stacks(StackName=name)["Stacks"][0]
        return described

    def output(self, region: str, key: str, name: str = NAME) -> str:
        (value,) = (each["OutputValue"] for each in self.stack(region, name)["Outputs"] if each["OutputKey"] == key)
        return str(value)

    def settings(self, region: str, name: str = NAME) -> dict[str, str]:
        """Variables of a function that verifies tokens."""
        found = self.client("lambda", region).get_function_configuration(FunctionName=f"{name}-upload")
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables

    def lists(self, region: str, token: str, name: str = NAME) -> int:
        """The status with which the deployed API answers a list, asked as API Gateway asks its function."""
        event = json.loads((ROOT / "events" / "list.json").read_text())
        event["headers"] |= {"authorization": f"Bearer {token}", **self.added_by_cloudfront(region, name)}
        invoked = self.client("lambda", region).invoke(
            FunctionName=f"{name}-list", Qualifier="live", Payload=json.dumps(event).encode()
        )
        return int(json.loads(invoked["Payload"].read())["statusCode"])

    def added_by_cloudfront(self, region: str, name: str) -> dict[str, str]:
        """Headers with which the distribution proves itself to the API."""
        distribution = self.output(region, "DistributionId", name)
        found = self.client("cloudfront", region).get_distribution_config(Id=distribution)["DistributionConfig"]
        (api,) = (origin for origin in found["Origins"]["Items"] if origin["Id"] == "api")
        return {each["HeaderName"].lower(): each["HeaderValue"] for each in api["CustomHeaders"]["Items"]}

    def shows(self, region: str, key: str) -> str:
        """The type of a file of the site."""
        bucket = self.output(region, "SiteBucketName")
        return str(self.client("s3", region).head_object(Bucket=bucket, Key=key)["ContentType"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    checkout, state = tmp_path_factory.mktemp("checkout"), StateDirectory(tmp_path_factory.mktemp("state"))
    check_out(checkout)
    state.temporary.mkdir(parents=True)
    port = free_port()
    key, isolated = root_key_of(state.root_key), environment.isolated(os.environ)
    settings = Settings(key.access_key_id, key.secret_access_key, "no front door", emulator.FORM_BUCKETS)
    with state.emulator_log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.emulator_process"],
            cwd=ROOT,
