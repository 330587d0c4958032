"""`make deploy`: the values that SAM gets, and the help when CloudFormation refuses."""

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from tools.deploy import build, deployment, parameters, stacks
from tools.deploy.deployment import Request
from tools.deploy.failures import DeploymentError, advice
from tools.deploy.stacks import Stack

EXISTING = Stack("s", "CREATE_COMPLETE", {"Runtime": "python3.12", "Architecture": "x86_64", "JwtSecrets": "****"}, {})


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*parameters.SECRETS, "LAYER_PYTHON", "LAYER_PYTHON_VERSION", "LAYER_PYTHON_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def values(existing: Stack | None = None, configuration: str = "default", **overrides: str) -> dict[str, str]:
    return deployment.values(Mock(), Request(configuration, "s", overrides), existing, lambda _: None)


def test_every_first_deployment_generates_a_new_secret() -> None:
    made = [values()["JwtSecrets"] for _ in range(2)]
    assert all(len(secret) >= 32 for secret in made)
    assert made[0] != made[1]


def test_a_later_deployment_keeps_the_stacks_secret() -> None:
    assert not values(EXISTING).keys() & set(parameters.SECRETS.values())


def test_no_secret_is_generated_with_an_identity_provider() -> None:
    assert "JwtSecrets" not in values(JwtJwksUrl="https://example.com/jwks.json")


def test_secrets_from_the_environment_are_passed_unless_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPLICATE_API_TOKEN", "r8_token")
    monkeypatch.setenv("REPLICATE_WEBHOOK_SECRET", "")
    monkeypatch.setenv("JWT_SECRETS", "")
    given = values(EXISTING)
    assert given["ReplicateApiToken"] == "r8_token"
    assert not given.keys() & {"ReplicateWebhookSecret", "JwtSecrets"}


def test_plain_http_webhooks_are_refused_before_the_build() -> None:
    with pytest.raises(DeploymentError, match="WebhookUrls has an http URL"):
        values(WebhookUrls="https://example.com/,http://example.com/")
    assert values(WebhookUrls="https://example.com/http://")["WebhookUrls"]


def test_layers_are_built_for_the_functions_runtime() -> None:
    new, later = values(), values(EXISTING)
    assert (new["Runtime"], new["Architecture"]) == ("python3.13", "arm64")
    assert (later["Runtime"], later["Architecture"]) == ("python3.12", "x86_64")
    assert values(EXISTING, Architecture="arm64")["Architecture"] == "arm64"
    built = build.layer_environment({"Runtime": "python3.12", "Architecture": "x86_64"})
    assert (built["LAYER_PYTHON_VERSION"], built["LAYER_PYTHON_PLATFORM"]) == ("3.12", "x86_64-manylinux2014")


def test_production_settings_are_merged_with_given_parameters() -> None:
    given = values(configuration="prod", LogRetentionInDays="7")
    assert (given["Monitoring"], given["LogRetentionInDays"]) == ("true", "7")


def test_bytecode_is_compiled_by_this_python_if_its_version_fits() -> None:
    """Without another version installed, uv would try to download one."""
    assert build.python_for(f"{sys.version_info.major}.{sys.version_info.minor}") == sys.executable


@pytest.mark.parametrize(("found", "expected"), [("/opt/python3.9\n", "/opt/python3.9"), ("", sys.executable)])
def test_another_python_version_must_be_installed(found: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: Any) -> Any:
        assert "--no-python-downloads" in command
        return subprocess.CompletedProcess(command, 0 if found else 1, found, "")

    monkeypatch.setattr(subprocess, "run", run)
    assert build.python_for("3.9") == expected


def test_parameters_are_read_as_a_shell_reads_words() -> None:
    read = parameters.read('Monitoring=true JwtIssuer="https://a b/" JwtAudience=')
    assert read == {"Monitoring": "true", "JwtIssuer": "https://a b/", "JwtAudience": ""}


@pytest.mark.parametrize("text", ["Monitoring", "=true", "Unknown=1", 'JwtIssuer="unclosed'])
def test_an_invalid_parameter_is_refused(text: str) -> None:
    with pytest.raises(DeploymentError):
        parameters.read(text)


def test_secrets_reach_sam_through_a_private_file(tmp_path: Path) -> None:
    argument = parameters.write({"JwtSecrets": "a secret"}, tmp_path)
    path = Path(argument.removeprefix("file://"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == {"JwtSecrets": "a secret"}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "Distribution: Your account must be verified before you can add new CloudFront resources. To verify your …",
            "Open a case",
        ),
        ("UploadRole: User is not authorized to perform: iam:CreateRole", "administrator"),
        (
            "Renditions: … decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
            "RenditionConcurrency=0",
        ),
    ],
)
def test_known_failures_have_a_hint(reason: str, said: str) -> None:
    assert said in advice([reason])


def test_unknown_failures_have_no_hint() -> None:
    assert advice(["Table: Internal failure"]) == ""


def cloudformation(status: str) -> Mock:
    client = Mock()
    client.describe_stacks.return_value = {"Stacks": [{"StackStatus": status}]}
    return client


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"]
)
def test_a_healthy_stack_is_updated(status: str) -> None:
    client = cloudformation(status)
    found = stacks.ready(client, "s", lambda _: None)
    assert found is not None
    assert found.status == status
    client.delete_stack.assert_not_called()


def test_the_remains_of_a_failed_first_deployment_are_removed() -> None:
    client = cloudformation("ROLLBACK_COMPLETE")
    assert stacks.ready(client, "s", lambda _: None) is None
    client.delete_stack.assert_called_once_with(StackName="s")


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_a_stack_that_cannot_be_updated_is_never_removed(status: str) -> None:
    client = cloudformation(status)
    with pytest.raises(DeploymentError, match=status):
        stacks.ready(client, "s", lambda _: None)
    client.delete_stack.assert_not_called()


def test_only_this_deployments_failures_are_reported() -> None:
    client = cloudformation("UPDATE_ROLLBACK_COMPLETE")
    events = [
        {
            "EventId": "4",
            "LogicalResourceId": "B",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "cancelled",
        },
        {"EventId": "3", "LogicalResourceId": "A", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "exists"},
        {"EventId": "2", "LogicalResourceId": "A", "ResourceStatus": "CREATE_IN_PROGRESS"},
        {
            "EventId": "1",
            "LogicalResourceId": "C",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "long ago",
        },
    ]
    client.get_paginator.return_value.paginate.return_value = [{"StackEvents": events}]
    assert stacks.failures(client, "s", since="1") == ["A: exists"]
