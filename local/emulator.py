"""MiniStack as a child process: AWS on one port of 127.0.0.1, with IAM enforced and persistent state."""

import asyncio
import os
import re
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from local import internal_headers, ports, stack
from local.emulator_process.settings import Settings
from local.failures import LocalStackError
from local.root_key import RootKey, root_key_of
from local.state import StateDirectory

USUAL_PORT = 4566
SAVE_PATH = "/_local/save"
START_TIMEOUT_SECONDS = 120
# When stopped, it finishes requests in flight, then saves its state.
STOP_TIMEOUT_SECONDS = 30
# The name that CloudFormation gives the template's `IncomingBucket`.
FORM_BUCKETS = rf"{re.escape(stack.NAME)}-incomingbucket-[a-z0-9]+"


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running MiniStack, its root user's key, and the key that marks the front door's requests."""

    port: int
    process: asyncio.subprocess.Process
    root_key: RootKey
    front_door_key: str

    @property
    def url(self) -> str:
        # With an IP address, botocore puts the bucket into the path, so that no DNS has to resolve it.
        return f"http://127.0.0.1:{self.port}"

    async def save(self) -> None:
        """Have the emulator save all of its state. Raises LocalStackError if it cannot."""
        try:
            async with (
                aiohttp.ClientSession(raise_for_status=True) as session,
                session.post(f"{self.url}{SAVE_PATH}", headers={internal_headers.KEY: self.front_door_key}),
            ):
                return
        except aiohttp.ClientError as error:
            raise LocalStackError(f"The emulator could not save its state: {error}", "Is the disk full?") from error


@contextmanager
def claimed_port(wanted: int | None) -> Iterator[int]:
    """Claim port `wanted`; if none is given, 4566, the usual one of emulators, or else any free port.

    The claim holds until the block ends. Raises LocalStackError if `wanted` is taken.
    """
    with ports.claimed([USUAL_PORT] if wanted is None else [wanted]) as port:
        if wanted not in (None, port):
            raise LocalStackError(f"The emulator's port {wanted} is taken.", "Choose another: EMULATOR_PORT=…")
        yield port


def environment_for(
    state: StateDirectory,
    port: int,
    isolated_environment: Mapping[str, str],
    functions_endpoint: str | None = None,
    *,
    files_in_memory: bool = False,
) -> dict[str, str]:
    """Build MiniStack's environment, its only source of settings. Functions call AWS at `functions_endpoint`.

    With `files_in_memory`, objects are never written to disk, and end with the process.
    """
    return {
        **isolated_environment,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state.emulator_state),
        "S3_PERSIST": "0" if files_in_memory else "1",
        "S3_DATA_DIR": str(state.objects),
        # MiniStack unpacks functions here.
        "TMPDIR": str(state.temporary),
        # Services that the stack does not use, with fixed ports that would collide between two stacks.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        **({"AWS_ENDPOINT_URL": functions_endpoint} if functions_endpoint else {}),
    }


@asynccontextmanager
async def running(
    state: StateDirectory,
    port: int,
    isolated_environment: Mapping[str, str],
    *,
    root: Path,
    lock: int,
    functions_endpoint: str | None = None,
    files_in_memory: bool = False,
) -> AsyncIterator[Emulator]:
    """Start MiniStack, wait until it responds, and stop it when the block ends.

    It inherits `lock`, the descriptor that locks `state`, so that the lock lasts as long as either process lives.
    Raises LocalStackError if it does not start.
    """
    shutil.rmtree(state.temporary, ignore_errors=True)  # left by a run that was killed
    state.temporary.mkdir(parents=True)
    environment = environment_for(
        state, port, isolated_environment, functions_endpoint, files_in_memory=files_in_memory
    )
    emulator = await _start(state, port, environment, root, lock)
    try:
        await _wait_until_ready(emulator, state)
        yield emulator
    finally:
        await _stop(emulator.process)


async def _start(state: StateDirectory, port: int, environment: Mapping[str, str], root: Path, lock: int) -> Emulator:
    root_key, front_door_key = root_key_of(state.root_key), secrets.token_urlsafe()
    settings = Settings(root_key.access_key_id, root_key.secret_access_key, front_door_key, FORM_BUCKETS)
    with state.emulator_log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local.emulator_process",
            cwd=root,
            env={**environment, **settings.to_environment()},
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            # Ctrl-C must not reach the emulator and its functions before the front door is closed.
            start_new_session=True,
        )
    return Emulator(port, process, root_key, front_door_key)


async def _wait_until_ready(emulator: Emulator, state: StateDirectory) -> None:
    try:
        async with asyncio.timeout(START_TIMEOUT_SECONDS), aiohttp.ClientSession() as session:
            while emulator.process.returncode is None:
                with suppress(aiohttp.ClientConnectionError):
                    async with session.get(f"{emulator.url}/_ministack/health") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.05)
        reason = f"The emulator exited with status {emulator.process.returncode}."
    except TimeoutError:
        reason = f"The emulator did not respond within {START_TIMEOUT_SECONDS} s."
    raise LocalStackError(reason, f"See {state.emulator_log}.")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    # If it had to be killed, its functions are left behind, in its session.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
