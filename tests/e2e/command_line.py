"""The command `assets`, in this process or, if that proves more, in its own."""

import contextlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from asset_upload_client.cli.app import app

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class CommandLine:
    """The command, configured by the environment for a service and an owner."""

    url: str
    token: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        own = {"ASSETS_URL": self.url, "ASSETS_TOKEN": self.token, "XDG_CONFIG_HOME": str(self.folder), "PATH": path}
        return {**os.environ, **own}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(BIN / "assets"), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0, given: bytes | None = None) -> tuple[str, str]:
        """Run a command in this process; expect `status`, and return standard output and standard error."""
        with contextlib.chdir(self.folder):
            result = CliRunner().invoke(app, arguments, input=given, env=self.environment)
        assert result.exit_code == status, f"{result.exit_code} {result.output} {result.exception}"
        return result.stdout, result.stderr
