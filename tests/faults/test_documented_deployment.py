"""The commands of docs/guides/deploy.md and of the workflow, run in an emulated account by a new user.

Each deployment has its own region: in the end, the account has four stacks, three of them with the same name.
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

from local import emulator, environment, ports
from local.emulator_process.settings import Settings
from local.root_key import RootKey, root_key_of
from local.state import StateDirectory
from tests.checkouts import ROOT, check_out
from tests.faults.terminal import Terminal, Typed

START_SECONDS = 180
NAME, PRODUCTION = "asset-upload-api", "asset-upload-api-prod"


@dataclass(frozen=True)
class Account:
    """The emulator as a user's AWS account, and a checkout of this repository."""

    url: str
    checkout: Path
    key: RootKey

    def terminal(self, region: str | None = None, **variables: str) -> Terminal:
        """A new user's shell, without the test environment's variables."""
        kept = {name: value for name, value in environment.isolated(os.environ).items() if name != "PYENV_VERSION"}
        # Only the Python found by the set-up, because the layers must be built with it.
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
        """Return the environment of a function that verifies tokens."""
        found = self.client("lambda", region).get_function_configuration(FunctionName=f"{name}-upload")
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables

    def lists(self, region: str, token: str, name: str = NAME) -> int:
        """Invoke the list function as API Gateway does; return the response's status."""
        event = json.loads((ROOT / "events" / "list.json").read_text())
        event["headers"] |= {"authorization": f"Bearer {token}", **self.added_by_cloudfront(region, name)}
        invoked = self.client("lambda", region).invoke(
            FunctionName=f"{name}-list", Qualifier="live", Payload=json.dumps(event).encode()
        )
        return int(json.loads(invoked["Payload"].read())["statusCode"])

    def added_by_cloudfront(self, region: str, name: str) -> dict[str, str]:
        """Return the headers with which the distribution proves itself to the API."""
        distribution = self.output(region, "DistributionId", name)
        found = self.client("cloudfront", region).get_distribution_config(Id=distribution)["DistributionConfig"]
        (api,) = (origin for origin in found["Origins"]["Items"] if origin["Id"] == "api")
        return {each["HeaderName"].lower(): each["HeaderValue"] for each in api["CustomHeaders"]["Items"]}

    def shows(self, region: str, key: str) -> str:
        """Return the content type of a file of the site."""
        bucket = self.output(region, "SiteBucketName")
        return str(self.client("s3", region).head_object(Bucket=bucket, Key=key)["ContentType"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    checkout, state = tmp_path_factory.mktemp("checkout"), StateDirectory(tmp_path_factory.mktemp("state"))
    check_out(checkout)
    state.temporary.mkdir(parents=True)
    port = ports.free()
    key, isolated = root_key_of(state.root_key), environment.isolated(os.environ)
    settings = Settings(key.access_key_id, key.secret_access_key, "no front door", emulator.FORM_BUCKETS)
    with state.emulator_log.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.emulator_process"],
            cwd=ROOT,
            env=emulator.environment_for(state, port, isolated, files_in_memory=True) | settings.to_environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    made = Account(f"http://127.0.0.1:{port}", checkout, key)
    try:
        _wait_for(made.url, state.emulator_log)
        yield made
    finally:
        # Including the functions that it runs. Its state is discarded.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert time.monotonic() < deadline, log.read_text()
        try:
            if httpx.get(f"{url}/_ministack/health", timeout=120).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)


def block_with(command: str) -> str:
    """Find the block of shell commands in docs/guides/deploy.md that contains `command`."""
    text = (ROOT / "docs" / "guides" / "deploy.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    found: str
    (found,) = (block for block in blocks if command in block)
    return found


def assert_nothing_asked_or_shown(output: str, secret: str) -> None:
    assert "y/N" not in output
    assert "Is this okay" not in output
    assert secret not in output


def token_of(output: str, terminal: Terminal) -> str:
    """Get a token with the command that the deployment printed."""
    (command,) = re.findall(r"export ASSETS_TOKEN=\$\((.*)\)", output)
    return terminal.succeeds(command).strip()


def test_the_documented_command_deploys_and_can_be_repeated(account: Account) -> None:
    region, terminal = "us-east-1", account.terminal()
    block = block_with("export AWS_DEFAULT_REGION")
    output = terminal.succeeds(f"set -e\n{block}")
    secret = account.settings(region)["JWT_SECRETS"]
    assert_nothing_asked_or_shown(output, secret)
    assert account.output(region, "Url") in output
    in_region = account.terminal(region)
    assert account.lists(region, token_of(output, in_region)) == 200
    assert account.shows(region, "index.html").startswith("text/html")

    again = terminal.succeeds(f"set -e\n{block}")
    assert_nothing_asked_or_shown(again, secret)
    assert account.settings(region)["JWT_SECRETS"] == secret
    assert in_region.succeeds("make -s deployed-secret").strip() == secret


def test_plain_sam_deploys_the_same_name_in_another_region(account: Account) -> None:
    region = "eu-central-1"
    terminal = account.terminal(region)
    build, deploy, publish = block_with(".venv/bin/sam deploy").splitlines()
    terminal.succeeds(build)
    output = terminal.succeeds(deploy)
    secret = account.settings(region)["JWT_SECRETS"]
    assert_nothing_asked_or_shown(output, secret)
    terminal.succeeds(publish)
    assert account.shows(region, "index.html").startswith("text/html")

    again = terminal.succeeds(".venv/bin/sam deploy")
    assert_nothing_asked_or_shown(again, secret)
    assert account.settings(region)["JWT_SECRETS"] == secret
    assert account.lists(region, terminal.succeeds("make -s deployed-token SUB=alice").strip()) == 200


def test_the_workflow_deploys_without_secrets(account: Account) -> None:
    region = "ap-southeast-2"
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text())
    (step,) = (each for each in workflow["jobs"]["deploy"]["steps"] if "run" in each)
    # As GitHub puts in secrets that do not exist. The emulator knows no metric math, which two alarms need.
    terminal = account.terminal(region, **dict.fromkeys(step["env"], ""), CI="true", PARAMETERS="OnAws=false")
    output = terminal.succeeds(step["run"])
    settings = account.settings(region, PRODUCTION)
    assert_nothing_asked_or_shown(output, settings["JWT_SECRETS"])
    assert "TOKEN=ey" not in output
    given = {each["ParameterKey"]: each["ParameterValue"] for each in account.stack(region, PRODUCTION)["Parameters"]}
    assert (given["Monitoring"], given["LogRetentionInDays"]) == ("true", "90")
    assert settings["METRICS"] == "true"
    alarms = account.client("cloudwatch", region).describe_alarms()["MetricAlarms"]
    assert {f"{PRODUCTION}-publish-dead-letters", f"{PRODUCTION}-reconcile-failing"} <= {
        each["AlarmName"] for each in alarms
    }
    assert account.lists(region, token_of(output, terminal), PRODUCTION) == 200


def test_a_failed_first_deployment_shows_the_reason_and_can_be_repeated(account: Account) -> None:
    region = "us-west-2"
    terminal = account.terminal(region)
    # It fails because the emulator knows no metric math, which two alarms need.
    failed = terminal.type('make deploy PARAMETERS="Monitoring=true"')
    assert failed.status != 0
    assert "`sam deploy` failed." in failed.output
    assert re.search(r"^Observability: .*metric math", failed.output, re.MULTILINE)
    assert account.stack(region)["StackStatus"] == "ROLLBACK_COMPLETE"

    output = terminal.succeeds("make deploy")
    assert "Removing the empty stack" in output
    assert account.lists(region, token_of(output, terminal)) == 200


def test_a_secret_rotation_signs_nobody_out(account: Account) -> None:
    region = "us-west-2"
    terminal = account.terminal(region)
    old = terminal.succeeds("make -s deployed-secret").strip()
    signed_before = terminal.succeeds("make -s deployed-token SUB=alice").strip()
    terminal.succeeds("make deploy ROTATE=yes")
    new = terminal.succeeds("make -s deployed-secret").strip()
    assert new != old
    signed_after = terminal.succeeds("make -s deployed-token SUB=alice").strip()
    assert jwt.decode(signed_after, new, ["HS256"])["sub"] == "alice"
    assert [account.lists(region, token) for token in (signed_before, signed_after)] == [200, 200]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "No region is set"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "STACK": "a" * 51}, "is not a valid stack name"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "PARAMETERS": "Monitorng=true"}, "no parameter 'Monitorng'"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "CONFIG": "production"}, "no environment 'production'"),
    ],
)
def test_invalid_deployments_are_refused_before_the_build(
    account: Account, variables: dict[str, str], said: str
) -> None:
    typed: Typed = account.terminal(**variables).type("make deploy")
    assert typed.status != 0
    assert said in typed.output
    assert "Building" not in typed.output
    assert "Traceback" not in typed.output
