"""The command `assets`, run as people run it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class CommandLine:
    """The command, set up by the environment for a service and an owner."""

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

    def run(self, *arguments: str, status: int = 0) -> tuple[str, str]:
        """Standard output and standard error of a command that ends with `status`."""
        process = self.start(*arguments)
        output, words = process.communicate(timeout=300)
        assert process.returncode == status, f"{process.returncode} {output} {words}"
        return output, words
