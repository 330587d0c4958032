"""`make run`: the whole stack in the foreground until Ctrl-C or SIGTERM."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web

from local import emulator, first_steps, interrupts, listening, replicate, tokens
from local.aws import Clients
from local.build_target import Target
from local.deployment import Deployment
from local.edge_function import EdgeFunction
from local.emulator import Emulator
from local.environment import isolated
from local.failures import LocalStackError
from local.front_door import SERVER_OPTIONS, FrontDoor, Upstream
from local.live_reload.loop import keep_up_to_date
from local.live_reload.watching import snapshot
from local.progress import Progress
from local.replicate import Provider
from local.served_hosts import ServedHosts
from local.stack import Stack
from local.state import InUseError, StateDirectory

HEALTH_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the command line."""

    root: Path
    state: StateDirectory
    port: int
    emulator_port: int | None
    host: str = ""
    names: tuple[str, ...] = ()
    reloads: bool = True
    replicate_speed: float = 1.0
    functions_endpoint: str | None = None
    files_in_memory: bool = False
    # Exists while this process runs; `make`, its parent, deletes it when interrupted.
    made_by_make: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


async def run(options: Options, progress: Progress) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP, then stop everything that was started. Raises LocalStackError."""
    await interrupts.until_interrupted(_serve(options, progress))


async def _serve(options: Options, progress: Progress) -> None:
    async with AsyncExitStack() as resources:
        # The port first: if another stack already serves on it, nothing is touched.
        sockets = listening.listening_sockets(options.port, options.host)
        for listener in sockets:
            resources.callback(listener.close)
        lock = await _lock(options.state, progress, resources)
        if options.made_by_make:
            await resources.enter_async_context(interrupts.ending_with_make(options.made_by_make))
        resources.callback(progress.step, "Stopped")
        secret = tokens.secret_of(options.state.jwt_secret)
        environment = isolated(os.environ)
        sources = snapshot(options.root)

        running = await _start_emulator(options, environment, lock, progress, resources)
        provider, generating = await resources.enter_async_context(
            replicate.provider(options.state, os.environ, progress, root=options.root, speed=options.replicate_speed)
        )
        deployment = await _deployment(options, running, secret, provider, environment)
        door = _front_door(options, secret)
        await resources.enter_async_context(_serving(door, sockets))

        deployed = await deployment.update(progress)
        open_to = partial(_open, door, running)
        open_to(deployed)
        progress.step("Waiting for the API")
        await _wait_until_healthy(options.port, options.state)
        progress.step("Ready")
        progress.plain(_first_steps(options, secret, running, provider))
        watching = (
            keep_up_to_date(deployment, deployed, sources, progress, open_to) if options.reloads else _wait_forever()
        )
        await _wait_for_failure(running, {asyncio.create_task(watching), generating}, options.state)


async def _start_emulator(
    options: Options, environment: Mapping[str, str], lock: int, progress: Progress, resources: AsyncExitStack
) -> Emulator:
    """Start the emulator, which stops with `resources`. Raises LocalStackError."""
    progress.step("Starting the emulator")
    port = resources.enter_context(emulator.claimed_port(options.emulator_port))
    running = await resources.enter_async_context(
        emulator.running(
            options.state,
            port,
            environment,
            root=options.root,
            lock=lock,
            functions_endpoint=options.functions_endpoint,
            files_in_memory=options.files_in_memory,
        )
    )
    resources.callback(progress.step, "Stopping; the emulator saves its state")
    return running


async def _deployment(
    options: Options, running: Emulator, secret: str, provider: Provider, environment: Mapping[str, str]
) -> Deployment:
    return Deployment(
        options.root,
        options.state,
        running,
        await asyncio.to_thread(Clients.of, running.url, running.root_key),
        Target.of_this_process(),
        options.port,
        secret,
        provider,
        environment,
        options.parameters,
    )


def _open(door: FrontDoor, running: Emulator, deployed: Stack) -> None:
    """Let requests through to the deployed stack."""
    bucket = deployed.outputs["IncomingBucketName"]
    door.upstream = Upstream(running.url, deployed.distribution_host, bucket, running.front_door_key)


def _front_door(options: Options, secret: str) -> FrontDoor:
    source = (options.root / "edge" / "viewer-request.js").read_text()
    edge = EdgeFunction(source.replace("${MaxUploadBytes}", options.parameters.get("MaxUploadBytes", "")))
    return FrontDoor(edge, ServedHosts(options.names), lambda: tokens.issue(tokens.PAGE_OWNER, secret))


def _first_steps(options: Options, secret: str, running: Emulator, provider: Provider) -> str:
    token = tokens.issue(tokens.PAGE_OWNER, secret)
    elsewhere = listening.address_for_others(options.host)
    welcome = first_steps.welcome(options.port, token, running.url, options.state.root_key, provider, elsewhere)
    urls = options.parameters.get("WebhookUrls")
    if not urls:
        return welcome
    return f"{welcome}\nEvents go to {urls}, signed with the secret in {options.state.webhook_secret}.\n"


async def _lock(state: StateDirectory, progress: Progress, resources: AsyncExitStack) -> int:
    """Lock `state`, waiting for the emulator of a killed run to end. Returns the descriptor. Raises LocalStackError."""
    waits_until: float | None = None
    while True:
        try:
            return resources.enter_context(state.locked())
        except InUseError as error:
            if not error.is_ending:
                raise
            if waits_until is None:
                progress.step("Waiting for the emulator of a killed run to save its state")
                waits_until = time.monotonic() + emulator.STOP_TIMEOUT_SECONDS
            if time.monotonic() > waits_until:
                raise
        await asyncio.sleep(0.1)


@asynccontextmanager
async def _serving(door: FrontDoor, sockets: list[socket.socket]) -> AsyncIterator[None]:
    runner = web.AppRunner(door.application(), **SERVER_OPTIONS, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        for listener in sockets:
            await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


async def _wait_until_healthy(port: int, state: StateDirectory) -> None:
    """Wait for the API. Raises LocalStackError with the last response if it does not come up."""
    last = ""
    with suppress(TimeoutError):
        async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS), aiohttp.ClientSession() as session:
            while True:
                async with session.get(f"http://127.0.0.1:{port}/api/v2/health") as response:
                    if response.status == 200:
                        return
                    last = f"{response.status} {(await response.text())[:500]}"
                await asyncio.sleep(0.5)
    raise LocalStackError(
        f"GET /api/v2/health never returned 200; its last response: {last or 'none'}", f"See {state.emulator_log}."
    )


async def _wait_forever() -> None:
    await asyncio.Event().wait()


async def _wait_for_failure(running: Emulator, tasks: set[asyncio.Task[None]], state: StateDirectory) -> None:
    """Wait forever. Raises LocalStackError if the emulator exits, and any error of one of the tasks."""
    emulator_end = asyncio.create_task(running.process.wait())
    try:
        ended, _ = await asyncio.wait({emulator_end, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in ended & tasks:
            task.result()
        raise LocalStackError(
            f"The emulator exited with status {running.process.returncode}.", f"See {state.emulator_log}."
        )
    finally:
        for task in (emulator_end, *tasks):
            task.cancel()
