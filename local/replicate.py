"""Who generates videos: the stand-in as a child process, or Replicate itself where REPLICATE_API_TOKEN is set."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from local import ports, tokens
from local.failures import LocalStackError
from local.state import StateDirectory

USUAL_PORT = 4570
_START_TIMEOUT_SECONDS = 20
_STOP_TIMEOUT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Provider:
    """What the template must know of the provider."""

    description: str
    base_url: str
    output_origins: str
    api_token: str
    webhook_secret: str

    def parameters(self) -> list[str]:
        """As parameters of the template."""
        return [
            f"ReplicateApiToken={self.api_token}",
            f"ReplicateWebhookSecret={self.webhook_secret}",
            f"ReplicateBaseUrl={self.base_url}",
            f"ReplicateOutputOrigins={self.output_origins}",
        ]


@asynccontextmanager
async def provider(
    state: StateDirectory, environment: Mapping[str, str], *, root: Path, speed: float
) -> AsyncIterator[Provider]:
    """The provider for as long as the block lasts. Raises LocalStackError where the stand-in does not start."""
    token = environment.get("REPLICATE_API_TOKEN", "")
    if token:
        secret = environment.get("REPLICATE_WEBHOOK_SECRET", "")
        yield Provider("Replicate itself", "https://api.replicate.com", "https://replicate.delivery", token, secret)
        return
    async with _stand_in(state, root=root, speed=speed) as stand_in:
        yield stand_in


@asynccontextmanager
async def _stand_in(state: StateDirectory, *, root: Path, speed: float) -> AsyncIterator[Provider]:
    with _claimed_port(state) as port:
        async with _serving(port, state, root=root, speed=speed) as provider:
            yield provider


@asynccontextmanager
async def _serving(port: int, state: StateDirectory, *, root: Path, speed: float) -> AsyncIterator[Provider]:
    secret = base64.b64encode(tokens.secret_of(state.replicate_secret).encode()).decode()
    url = f"http://127.0.0.1:{port}"
    provider = Provider("a stand-in, free of charge", url, url, "stand-in", f"whsec_{secret}")
    arguments = [
        *("--port", str(port), "--api-token", provider.api_token, "--webhook-secret", provider.webhook_secret),
        *("--speed", str(speed), "--state", str(state.replicate), "--stop-with-stdin"),
    ]
    with state.replicate_log.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "stand_ins.replicate", *arguments),
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root / "layers" / "core")},
            stdin=asyncio.subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        await _wait_until_it_answers(process, url, state)
        yield provider
    finally:
        await _stop(process)


@contextmanager
def _claimed_port(state: StateDirectory) -> Iterator[int]:
    """The one as before where it is free: it is a parameter of the deployed stack, so another would cost a deploy."""
    preferred = [USUAL_PORT]
    with suppress(FileNotFoundError, ValueError):
        preferred.insert(0, int(state.replicate_port.read_text()))
    with ports.claimed(preferred) as port:
        state.replicate_port.write_text(f"{port}\n")
        yield port


async def _wait_until_it_answers(process: asyncio.subprocess.Process, url: str, state: StateDirectory) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_TIMEOUT_SECONDS), aiohttp.ClientSession() as session:
            while process.returncode is None:
                with suppress(aiohttp.ClientConnectionError):
                    async with session.get(f"{url}/stand-in/health") as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.05)
    raise LocalStackError("The stand-in for Replicate did not start.", f"See {state.replicate_log}.")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(_STOP_TIMEOUT_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
