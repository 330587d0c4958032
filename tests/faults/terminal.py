"""A shell in a pseudo-terminal, in which a program's prompt gets no answer."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Both bound a hang. A program that prints nothing for this long is waiting for input.
COMMAND_SECONDS = 900
SILENCE_SECONDS = 300


@dataclass(frozen=True)
class Typed:
    """A finished command and its output."""

    command: str
    status: int
    output: str


@dataclass(frozen=True)
class Terminal:
    """A folder and an environment for commands."""

    folder: Path
    environment: Mapping[str, str]

    def type(self, command: str) -> Typed:
        """Run a command to its end. Fails if it takes too long or waits for input."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["bash", "--norc", "-c", command],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        try:
            output = _everything(ours, command)
        finally:
            os.close(ours)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            status = process.wait(120)
        return Typed(command, status, output)

    def succeeds(self, command: str) -> str:
        """Run a command that must succeed; return its output."""
        typed = self.type(command)
        assert typed.status == 0, f"$ {command}\n{typed.output[-5000:]}"
        return typed.output


def _everything(descriptor: int, command: str) -> str:
    """Read all output until the last program has closed the terminal."""
    shown = bytearray()
    deadline = time.monotonic() + COMMAND_SECONDS
    while True:
        left = min(SILENCE_SECONDS, deadline - time.monotonic())
        readable, _, _ = select.select([descriptor], [], [], max(left, 0))
        assert readable, f"$ {command}\n{shown.decode(errors='replace')[-5000:]}\n… and it waits"
        try:
            shown += os.read(descriptor, 65536)
        except OSError:  # EIO: nobody holds the other end any more
            return shown.decode(errors="replace").replace("\r\n", "\n")
