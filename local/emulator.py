"""MiniStack as a child process: AWS on one port of 127.0.0.1, with IAM enforced and its state kept."""

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

from local import front_door_headers, ports, stack
from local.emulator_process.settings import Settings
from local.failures import LocalStackError
from local.root_key import RootKey, root_key_of
from local.state import StateDirectory

USUAL_PORT = 4566
SAVE_PATH = "/_local/save"
START_TIMEOUT_SECONDS = 60
# It writes its state on the way out, after the requests in flight.
STOP_TIMEOUT_SECONDS = 30
# As CloudFormation names the bucket `IncomingBucket` of the template.
FORM_BUCKETS = rf"{re.escape(stack.NAME)}-incomingbucket-[a-z0-9]+"


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running MiniStack, its root user's key, and the key by which it knows this stack's own requests."""

    port: int
    process: asyncio.subprocess.Process
    root_key: RootKey
    front_door_key: str

    @property
    def url(self) -> str:
        # An address, not a name: botocore then puts the bucket into the path, and no DNS has to know the bucket.
        return f"http://127.0.0.1:{self.port}"

    async def save(self) -> None:
        """Have it save all of its state, as after a deployment. Raises LocalStackError where it cannot."""
        try:
            async with (
                aiohttp.ClientSession(raise_for_status=True) as session,
                session.post(f"{self.url}{SAVE_PATH}", headers={front_door_headers.KEY: self.front_door_key}),
            ):
                return
        except aiohttp.ClientError as error:
            raise LocalStackError(f"The emulator could not save its state: {error}", "Is the disk full?") from error


@contextmanager
def claimed_port(wanted: int | None) -> Iterator[int]:
    """`wanted`, else the emulators' usual 4566 where it is free, else any free one: ours until the block ends.

    Raises LocalStackError where `wanted` is taken.
    """
    with ports.claimed([USUAL_PORT] if wanted is None else [wanted]) as port:
        if wanted not in (None, port):
            raise LocalStackError(
                f"Port {wanted}, meant for the emulator, is taken.", "Choose another: EMULATOR_PORT=…"
            )
        yield port


def environment_for(
    state: StateDirectory,
    port: int,
    isolated_environment: Mapping[str, str],
    functions_endpoint: str | None = None,
    *,
    files_in_memory: bool = False,
) -> dict[str, str]:
    """MiniStack's settings, all of which it takes from the environment. Functions call AWS at `functions_endpoint`.

    With `files_in_memory`, what is in the buckets ends with the process, and is copied without being read or written.
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
        # Where it unpacks functions.
        "TMPDIR": str(state.temporary),
        # Listeners of services that are not used here, on ports that two stacks would share.
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
    """Starts MiniStack, waits until it answers, and stops it, however the block ends.

    It inherits `lock`, the descriptor by which this process holds `state`, and holds it as long as it lives.
    Raises LocalStackError where it does not start.
    """
    shutil.rmtree(state.temporary, ignore_errors=True)  # left by a run that was killed
    state.temporary.mkdir(parents=True)
    root_key, front_door_key = root_key_of(state.root_key), secrets.token_urlsafe()
    environment = environment_for(
        state, port, isolated_environment, functions_endpoint, files_in_memory=files_in_memory
    )
    settings = Settings(root_key.access_key_id, root_key.secret_access_key, front_door_key, FORM_BUCKETS)
    with state.emulator_log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local.emulator_process",
            cwd=root,
            env=environment | settings.to_environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            # Ctrl-C must not reach it and its functions before the front door is closed.
            start_new_session=True,
        )
    emulator = Emulator(port, process, root_key, front_door_key)
    try:
        await _wait_until_it_answers(emulator, state)
        yield emulator
    finally:
        await _stop(process)


async def _wait_until_it_answers(emulator: Emulator, state: StateDirectory) -> None:
    try:
        async with asyncio.timeout(START_TIMEOUT_SECONDS), aiohttp.ClientSession() as session:
            while emulator.process.returncode is None:
                with suppress(aiohttp.ClientConnectionError):
                    async with session.get(f"{emulator.url}/_ministack/health") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
        what = f"The emulator ended with status {emulator.process.returncode}."
    except TimeoutError:
        what = f"The emulator did not answer within {START_TIMEOUT_SECONDS} s."
    raise LocalStackError(what, f"See {state.emulator_log}.")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
    # Functions that it left behind, if it did not end by itself; they are in the session that it leads.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
