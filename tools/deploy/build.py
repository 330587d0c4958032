"""`sam build` for Lambda, for the Python version and platform in the template's parameters."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from tools.deploy import parameters
from tools.deploy.failures import DeploymentError

BUILT_TEMPLATE = parameters.ROOT / ".aws-sam" / "build" / "template.yaml"
# uv's names for Lambda's architectures.
PLATFORMS = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}


def target(*sources: Mapping[str, str]) -> dict[str, str]:
    """Choose Runtime and Architecture from the first mapping that has them, or else the template's defaults."""
    declared = parameters.of_template()
    return {
        name: next((each[name] for each in sources if name in each), declared[name]["Default"])
        for name in ("Runtime", "Architecture")
    }


def layer_environment(built_for: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables for the layers' Makefiles, keeping those that are already set."""
    version = os.environ.get("LAYER_PYTHON_VERSION") or built_for["Runtime"].removeprefix("python")
    wanted = {
        "LAYER_PYTHON_VERSION": version,
        "LAYER_PYTHON_PLATFORM": PLATFORMS[built_for["Architecture"]],
        "LAYER_PYTHON": python_for(version),
    }
    return {name: os.environ.get(name) or value for name, value in wanted.items()}


def python_for(version: str) -> str:
    """Find an interpreter of this version to compile the layers' bytecode; fall back to this interpreter."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    uv = (
        shutil.which("uv", path=f"{parameters.ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}") or "uv"
    )
    find = [uv, "python", "find", "--system", "--no-project", "--no-python-downloads", version]
    done = subprocess.run(find, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else sys.executable


def build(built_for: Mapping[str, str]) -> None:
    """Run `sam build`. Raises DeploymentError after SAM has printed the reason."""
    arguments = ["build", f"--template-file={parameters.ROOT / 'template.yaml'}", "--parameter-overrides"]
    arguments += [f"{name}={value}" for name, value in built_for.items()]
    if sam(arguments, layer_environment(built_for)) != 0:
        raise DeploymentError("`sam build` failed.", "Its output is above.")


def sam(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Run a `sam` command without prompts, with its output shown live; return its exit status."""
    done = subprocess.run(
        [sys.executable, "-m", "samcli", *arguments],
        cwd=parameters.ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0", **environment},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode
