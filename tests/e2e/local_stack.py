"""The whole local stack in a process of its own, started as `make run` starts it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from local import ports
from local.root_key import RootKey, root_key_of
from local.state import StateDirectory
from tests.e2e.processes import descendants, is_alive

ROOT = Path(__file__).resolve().parents[2]
# These bound a hang.
START_TIMEOUT_SECONDS = 300
STOP_TIMEOUT_SECONDS = 120
# Killed processes end a moment later, on a busy machine.
ENDING_SECONDS = 30
# How many times faster than Replicate the stand-in works: a prediction takes a second.
REPLICATE_SPEED = "8"
# A name by which clients elsewhere reach the stack.
TUNNEL_HOST = "a-tunnel.example.com"


def environment() -> dict[str, str]:
    """Return the Makefile's environment: with the uv in .tools, if the set-up put one there."""
    return {**os.environ, "PATH": f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def local(*arguments: str) -> list[str]:
    """Return the local stack's command line."""
    return [sys.executable, "-m", "local", *arguments]


@dataclass
class LocalStack:
    """A running stack: its addresses, tokens, directory and process."""

    state: Path
    port: int = field(default_factory=ports.free)
    emulator_port: int = field(default_factory=ports.free)
    process: subprocess.Popen[str] | None = None
    # Where the functions find AWS, if not at the emulator.
    functions_endpoint: str | None = None
    files_in_memory: bool = False
    names: tuple[str, ...] = (TUNNEL_HOST,)
    # Of the template, as `make run PARAMETERS=` takes them.
    parameters: str = ""

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def emulator_url(self) -> str:
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def root_key(self) -> RootKey:
        """The key of the emulated account's root user."""
        return root_key_of(StateDirectory(self.state).root_key)

    @property
    def replicate_url(self) -> str:
        """The URL of the stack's Replicate stand-in."""
        return f"http://127.0.0.1:{StateDirectory(self.state).replicate_port.read_text().strip()}"

    @property
    def output(self) -> str:
        """The output since the last start."""
        return (self.state / "output").read_text()

    def token(self, owner: str) -> str:
        command = local("token", "--state", str(self.state), "--sub", owner)
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    def start(self, *, until: str = "Ready") -> float:
        """Start the stack and wait until it has printed `until`; return the seconds that took."""
        options = ["--port", str(self.port), "--emulator-port", str(self.emulator_port)]
        if self.functions_endpoint:
            options += ["--functions-endpoint", self.functions_endpoint]
        if self.files_in_memory:
            options.append("--files-in-memory")
        options += ["--names", " ".join(self.names), "--parameters", self.parameters]
        started = time.monotonic()
        with (self.state / "output").open("w") as output:
            self.process = subprocess.Popen(
                # An edit made while the tests run must not change what they test.
                local("run", "--state", str(self.state), "--no-reload", "--replicate-speed", REPLICATE_SPEED, *options),
                cwd=ROOT,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        while f"] {until}" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() - started < START_TIMEOUT_SECONDS, self.output
            time.sleep(0.05)
        return time.monotonic() - started

    def stop(self) -> tuple[int, set[int]]:
        """Stop the stack with SIGTERM; return its exit status and the processes that it left behind."""
        assert self.process is not None
        children = descendants(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_TIMEOUT_SECONDS)
        self.process = None
        deadline = time.monotonic() + ENDING_SECONDS
        while (left := set(filter(is_alive, children))) and time.monotonic() < deadline:
            time.sleep(0.05)
        return status, left

    def kill(self, pids: Collection[int]) -> None:
        """Kill processes of the stack at once, and wait until its main process has ended."""
        assert self.process is not None
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # ended meanwhile
                os.kill(pid, signal.SIGKILL)
        self.process.wait(STOP_TIMEOUT_SECONDS)
        self.process = None


@contextlib.contextmanager
def local_stack(state: Path, *, files_in_memory: bool = False, parameters: str = "") -> Iterator[LocalStack]:
    """Yield a stack that is not started yet, and stop it in the end."""
    state.mkdir(parents=True, exist_ok=True)
    stack = LocalStack(state, files_in_memory=files_in_memory, parameters=parameters)
    try:
        yield stack
    finally:
        if stack.process is not None:
            stack.stop()
