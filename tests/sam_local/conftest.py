"""The template built for the image that Lambda runs it in, and an AWS for it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.sam_local import docker, emulated_aws
from tests.sam_local.docker import Network
from tests.sam_local.emulated_aws import RUNTIME, SECRET, EmulatedAws
from tests.template.cloudformation import ROOT
from tools.deploy.build import layer_environment

PARAMETERS = [f"Runtime=python{RUNTIME}", "Architecture=x86_64", f"JwtSecrets={SECRET}"]
_SAM = [sys.executable, "-m", "samcli"]


@dataclass(frozen=True)
class SamLocal:
    """`sam local` with the options of all commands here."""

    template: Path
    variables: Path
    network: str

    def command(self, name: str, *arguments: str) -> list[str]:
        options = [f"--template={self.template}", f"--env-vars={self.variables}", f"--docker-network={self.network}"]
        overrides = ["--parameter-overrides", *PARAMETERS]
        return [*_SAM, "local", name, *arguments, *options, "--skip-pull-image", "--region=us-east-1", *overrides]

    def invoke(self, function: str, event: Mapping[str, Any], directory: Path) -> Any:
        """Invoke the function and return its response."""
        path = directory / "event.json"
        path.write_text(json.dumps(event))
        command = self.command("invoke", function, f"--event={path}")
        done = subprocess.run(
            command, cwd=directory, env=sam_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        # Metrics are also lines of standard output; the response is the last line.
        response = json.loads(done.stdout.strip().splitlines()[-1])
        assert not (isinstance(response, dict) and "errorType" in response), done.stderr
        return response


def sam_environment() -> dict[str, str]:
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return {**os.environ, **credentials, "SAM_CLI_TELEMETRY": "0"}


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    with docker.network() as made:
        yield made


@pytest.fixture(scope="session")
def aws(network: Network, tmp_path_factory: pytest.TempPathFactory) -> EmulatedAws:
    return emulated_aws.start(network, tmp_path_factory.mktemp("emulator"))


@pytest.fixture(scope="session")
def sam_local(aws: EmulatedAws, network: Network, tmp_path_factory: pytest.TempPathFactory) -> SamLocal:
    """The template built by `sam build` for this runtime, with a variable for AWS's address."""
    build = tmp_path_factory.mktemp("build")
    layers = layer_environment({"Runtime": f"python{RUNTIME}", "Architecture": "x86_64"})
    done = subprocess.run(
        [*_SAM, "build", f"--build-dir={build}", f"--base-dir={ROOT}", "--parameter-overrides", *PARAMETERS],
        cwd=ROOT,
        env=sam_environment() | layers,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built = build / "template.yaml"
    template = yaml.safe_load(built.read_text())
    template["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = aws.url
    built.write_text(yaml.safe_dump(template, sort_keys=False))
    variables = build / "variables.json"
    variables.write_text(json.dumps({"Parameters": aws.environment}))
    return SamLocal(built, variables, network.name)
