"""`make run`: the whole stack in the foreground until Ctrl-C or SIGTERM."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from local import emulator, tokens
from local.aws import Clients
from local.deployment import Deployment
from local.environment import isolated
from local.failures import LocalStackError
from local.front_door import FrontDoor, Upstream
from local.listening import listening_sockets
from local.live_reload import keep_up_to_date
from local.progress import Progress
from local.stack import Stack
from local.state import StateDirectory
from local.target import Target
from local.watching import snapshot

HEALTH_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line decides."""

    root: Path
    state: StateDirectory
    port: int
    emulator_port: int | None
    watch: bool


async def run(options: Options, progress: Progress) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP; then everything it started has ended. Raises LocalStackError."""
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("run must be awaited in a task")
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:  # a second Ctrl-C must not interrupt the saving of the state
            stopping = True
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        await _serve(options, progress)
    except asyncio.CancelledError:
        if not stopping:
            raise
    finally:
        progress.step("Stopped")


async def _serve(options: Options, progress: Progress) -> None:
    async with AsyncExitStack() as resources:
        # The port first: nothing is touched where another stack already serves on it.
        sockets = listening_sockets(options.port)
        for listener in sockets:
            resources.callback(listener.close)
        resources.enter_context(options.state.locked())
        secret = tokens.secret_of(options.state.jwt_secret)
        environment = isolated(os.environ)
        sources = snapshot(options.root)

        progress.step("Starting the emulator")
        port = emulator.choose_port(options.emulator_port)
        running = await resources.enter_async_context(
            emulator.running(options.state, port, environment, root=options.root)
        )
        clients = await asyncio.to_thread(Clients.of, running.url)
        deployment = Deployment(
            options.root, options.state, running, clients, Target.of_this_process(), secret, environment
        )
        door = FrontDoor()
        await resources.enter_async_context(_front_door(door, sockets))
        deployed = await deployment.bring_up_to_date(progress)
        door.upstream = upstream_of(deployed, running)
        progress.step("Waking the API")
        await _wait_until_healthy(options.port, options.state)
        progress.step("Ready")
        progress.plain(welcome(options, tokens.issue("me", secret), running))
        resources.push_async_callback(_say_stopping, progress)
        watcher = asyncio.create_task(keep_up_to_date(deployment, deployed, sources, progress, door)) if options.watch else None
