"""The local stack, as its clients see it, and the emulated AWS behind it."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from bench.sites import ROOT
from local import environment, ports, stack, tokens
from local.root_key import RootKey, root_key_of
from local.state import StateDirectory

_START_SECONDS, _STOP_SECONDS, _EVENT_SECONDS = 120, 40, 60


@dataclass(frozen=True, slots=True)
class LocalService:
    """A running local stack."""

    state: StateDirectory
    url: str
    aws_url: str
    files_in_memory: bool

    @property
    def root_key(self) -> RootKey:
        return root_key_of(self.state.root_key)

    def new_owner_headers(self) -> dict[str, str]:
        """Return headers with a token for a new owner, because an owner may upload only ten times a minute."""
        token = tokens.issue(f"owner-{secrets.token_hex(8)}", tokens.secret_of(self.state.jwt_secret))
        return {"Authorization": f"Bearer {token}"}

    def aws(self, service: str) -> Any:
        """Return a boto3 client for the emulator with the root user's key."""
        key = self.root_key
        return boto3.client(
            service,  # type: ignore[call-overload]  # not a literal
            endpoint_url=self.aws_url,
            region_name=environment.REGION,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            config=Config(signature_version="s3v4") if service == "s3" else None,
        )

    def bucket(self, logical_id: str) -> str:
        found = self.aws("cloudformation").describe_stack_resource(StackName=stack.NAME, LogicalResourceId=logical_id)
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def wait_for_event(self, asset_id: str) -> None:
        """Wait until `publish` has logged the result of the file's S3 event."""
        logs, deadline = self.aws("logs"), time.monotonic() + _EVENT_SECONDS
        group = f"/aws/lambda/{stack.NAME}-publish"
        while time.monotonic() < deadline:
            found = logs.filter_log_events(logGroupName=group, filterPattern=f'"{asset_id}"')["events"]
            messages = [event["message"] for event in found if asset_id in event["message"]]
            if any(json.loads(message).get("asset_id") == asset_id for message in messages):
                return
            time.sleep(0.1)
        raise RuntimeError(f"the S3 event of {asset_id} was not handled within {_EVENT_SECONDS} s")


@contextlib.contextmanager
def running(state: Path, *, files_in_memory: bool, parameters: str = "") -> Iterator[LocalService]:
    """Run the stack in a separate process, and yield it once its health check succeeds."""
    port, emulator_port = ports.free(), ports.free()
    command = [sys.executable, "-m", "local", "run", "--state", str(state), "--no-reload"]
    command += ["--port", str(port), "--emulator-port", str(emulator_port)]
    command += ["--files-in-memory"] if files_in_memory else []
    command += ["--parameters", parameters] if parameters else []
    search_path = f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}"  # with the uv that set-up.sh installed
    with (state / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PATH": search_path}, stdout=output, stderr=subprocess.STDOUT
        )
    service = LocalService(
        StateDirectory(state), f"http://localhost:{port}", f"http://127.0.0.1:{emulator_port}", files_in_memory
    )
    try:
        _wait_until_healthy(service, process)
        yield service
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def _wait_until_healthy(service: LocalService, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{service.url}/api/v2/health").status_code == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the local stack did not start:\n{(service.state.root / 'output').read_text()}")
