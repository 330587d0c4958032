"""The provider of generations: the stand-in as a child process, or Replicate if REPLICATE_API_TOKEN is set."""

import asyncio
import base64
import os
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from local import ports, tokens
from local.failures import LocalStackError
from local.progress import Progress
from local.state import StateDirectory

USUAL_PORT = 4570
_START_TIMEOUT_SECONDS = 60
_STOP_TIMEOUT_SECONDS = 5
# A stand-in that exits more often than this within a minute is not restarted.
_RESTARTS_A_MINUTE = 3


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's address and secrets, for the template."""

    description: str
    base_url: str
    output_origins: str
    api_token: str
    webhook_secret: str

    def parameters(self) -> list[str]:
        """Format the settings as template parameters."""
        return [
            f"ReplicateApiToken={self.api_token}",
            f"ReplicateWebhookSecret={self.webhook_secret}",
            f"ReplicateBaseUrl={self.base_url}",
            f"ReplicateOutputOrigins={self.output_origins}",
        ]


@asynccontextmanager
async def provider(
    state: StateDirectory, environment: Mapping[str, str], progress: Progress, *, root: Path, speed: float
) -> AsyncIterator[tuple[Provider, asyncio.Task[None]]]:
    """Run the provider while the block lasts; yield it, and a task that fails if the provider is gone for good.

    Raises LocalStackError if the stand-in does not start.
    """
    token = environment.get("REPLICATE_API_TOKEN", "")
    if token:
        secret = environment.get("REPLICATE_WEBHOOK_SECRET", "")
        itself = Provider("Replicate itself", "https://api.replicate.com", "https://replicate.delivery", token, secret)
        async with _canceled_at_exit(_wait_forever()) as watching:
            yield itself, watching
        return
    with _claimed_port(state) as port:
        secret = base64.b64encode(tokens.secret_of(state.replicate_secret).encode()).decode()
        url = f"http://127.0.0.1:{port}"
        stand_in = _StandIn(
            Provider("a stand-in, free of charge", url, url, "stand-in", f"whsec_{secret}"), state, root, port, speed
        )
        try:
            await stand_in.start()
            async with _canceled_at_exit(stand_in.keep_running(progress)) as watching:
                yield stand_in.provider, watching
        finally:
            await stand_in.stop()


@asynccontextmanager
async def _canceled_at_exit(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _wait_forever() -> None:
    await asyncio.Event().wait()


@dataclass
class _StandIn:
    provider: Provider
    state: StateDirectory
    root: Path
    port: int
    speed: float
    ends: list[float] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start the stand-in and wait until it responds. Raises LocalStackError."""
        secrets = ("--api-token", self.provider.api_token, "--webhook-secret", self.provider.webhook_secret)
        state = ("--speed", str(self.speed), "--state", str(self.state.replicate))
        with self.state.replicate_log.open("ab" if self.ends else "wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "stand_ins.replicate", "--port", str(self.port)),
                *(*secrets, *state, "--stop-with-stdin"),
                cwd=self.root,
                env={**os.environ, "PYTHONPATH": str(self.root / "layers" / "core")},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await _wait_until_ready(self.process, self.provider.base_url, self.state)

    async def keep_running(self, progress: Progress) -> None:
        """Restart the stand-in whenever it exits; it resumes its predictions. Raises LocalStackError if that fails."""
        while self.process is not None:
            status = await self.process.wait()
            self.ends = [end for end in self.ends if end > time.monotonic() - 60] + [time.monotonic()]
            ended = f"The stand-in for Replicate exited with status {status}"
            if len(self.ends) > _RESTARTS_A_MINUTE:
                times = len(self.ends)
                raise LocalStackError(f"{ended}, {times} times within a minute.", f"See {self.state.replicate_log}.")
            progress.step(f"{ended}; restarting it")
            await self.start()

    async def stop(self) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(_STOP_TIMEOUT_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@contextmanager
def _claimed_port(state: StateDirectory) -> Iterator[int]:
    """Claim the previous port if it is free: it is a parameter of the deployed stack, so a new one costs a deploy."""
    preferred = [USUAL_PORT]
    with suppress(FileNotFoundError, ValueError):
        preferred.insert(0, int(state.replicate_port.read_text()))
    with ports.claimed(preferred) as port:
        state.replicate_port.write_text(f"{port}\n")
        yield port


async def _wait_until_ready(process: asyncio.subprocess.Process, url: str, state: StateDirectory) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_TIMEOUT_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                with suppress(aiohttp.ClientConnectionError):
                    async with session.get(f"{url}/stand-in/health") as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.05)
    raise LocalStackError("The stand-in for Replicate did not start.", f"See {state.replicate_log}.")
