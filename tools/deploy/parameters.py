"""Template parameters: the sources of their values, and the file that passes them to `sam deploy`."""

import json
import os
import secrets
import shlex
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from tools.deploy.failures import DeploymentError

ROOT = Path(__file__).resolve().parents[2]
# Secrets come from the environment, because every process on the machine can read a command line.
SECRETS: Mapping[str, str] = {
    "JWT_SECRETS": "JwtSecrets",
    "REPLICATE_API_TOKEN": "ReplicateApiToken",
    "REPLICATE_WEBHOOK_SECRET": "ReplicateWebhookSecret",
    "WEBHOOK_SECRETS": "WebhookSecrets",
}
_SECRET_BYTES = 48


def read(text: str) -> dict[str, str]:
    """Parse `Name=value Name="another value"`. Raises DeploymentError for anything else."""
    try:
        pairs = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise DeploymentError(f"PARAMETERS cannot be parsed: {error}.") from error
    known = of_template()
    for name, equals, _ in pairs:
        if not equals or name not in known:
            raise DeploymentError(
                f"template.yaml has no parameter {name!r}.", 'For example: PARAMETERS="Monitoring=true"'
            )
    return {name: value for name, _, value in pairs}


@cache
def of_template() -> dict[str, dict[str, Any]]:
    """Return the parameters that template.yaml declares, by name."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    return {name: dict(declared) for name, declared in template["Parameters"].items()}


def of_configuration(environment: str) -> tuple[str, dict[str, str]]:
    """Read the stack name and parameters of an environment in samconfig.toml.

    Raises DeploymentError if the environment is missing.
    """
    configuration = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    environments = [name for name, commands in configuration.items() if isinstance(commands, dict)]
    if environment not in environments:
        raise DeploymentError(f"samconfig.toml has no environment {environment!r}.", f"It has {environments}.")
    commands = configuration[environment]
    overrides = commands.get("deploy", {}).get("parameters", {}).get("parameter_overrides", "")
    return commands["global"]["parameters"]["stack_name"], read(overrides)


def secrets_of(environment: Mapping[str, str]) -> dict[str, str]:
    """Read secrets from the environment. Empty ones are ignored, because unset secrets are empty in CI."""
    return {name: environment[variable] for variable, name in SECRETS.items() if environment.get(variable)}


def new_secret() -> str:
    """Generate a secret that signs tokens."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def write(parameters: Mapping[str, str], directory: Path) -> str:
    """Write a file for `sam deploy --parameter-overrides`, and return the argument that refers to it."""
    path = directory / "parameters.yaml"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(parameters, file)  # JSON is YAML
    return f"file://{path}"
