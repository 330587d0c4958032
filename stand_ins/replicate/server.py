"""The stand-in's server on 127.0.0.1."""

import socket
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from stand_ins.replicate.api import Api
from stand_ins.replicate.clock import Clock
from stand_ins.replicate.delivery import Delivery
from stand_ins.replicate.rendering import render
from stand_ins.replicate.runs import Renderer, Runs, Urls
from stand_ins.replicate.signing import signature
from stand_ins.replicate.storage import Storage
from stand_ins.replicate.webhooks import Webhooks

_HOST = "127.0.0.1"
# Another host as far as URLs are concerned, although it is the same machine.
_HOST_ELSEWHERE = "localhost"
_SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a server. Port 0 selects a free port. Without `delivery_port`, the API's port serves outputs; without
    `state`, nothing outlives the server. Every duration is divided by `speed`."""

    api_token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    port: int = 0
    delivery_port: int | None = None
    speed: float = 1.0
    state: Path | None = None
    too_large_bytes: int = 600 * 1024 * 1024


@asynccontextmanager
async def running(settings: Settings, renderer: Renderer = render) -> AsyncIterator[Urls]:
    """Serve until the block ends. Raises OSError if a port is taken, ValueError for a malformed webhook secret."""
    signature(settings.webhook_secret, "msg_check", 0, b"")
    async with AsyncExitStack() as resources:
        api_socket = resources.enter_context(_listening(settings.port))
        delivery_socket = api_socket
        if settings.delivery_port is not None:
            delivery_socket = resources.enter_context(_listening(settings.delivery_port))
        state = settings.state or Path(
            resources.enter_context(tempfile.TemporaryDirectory(prefix="replicate-stand-in-"))
        )
        port = _port(api_socket)
        urls = Urls(
            f"http://{_HOST}:{port}", f"http://{_HOST}:{_port(delivery_socket)}", f"http://{_HOST_ELSEWHERE}:{port}"
        )
        # Rendering threads outlive the tasks that wait for them, so wait for the threads before removing the directory.
        executor = resources.enter_context(ThreadPoolExecutor(1, "rendering"))
        http = await resources.enter_async_context(aiohttp.ClientSession())
        storage, clock = Storage(state), Clock(settings.speed)
        webhooks = Webhooks(http, settings.webhook_secret, clock)
        resources.push_async_callback(webhooks.close)
        runs = Runs(storage, webhooks, http, clock, urls, renderer, executor)
        resources.push_async_callback(runs.close)
        delivery = Delivery(storage, urls, runs.is_removed, settings.too_large_bytes)
        api = Api(settings.api_token, settings.webhook_secret, runs, delivery).application()
        outputs = api if delivery_socket is api_socket else web.Application()
        outputs.add_routes(delivery.routes())
        await _serve(resources, api, api_socket)
        if outputs is not api:
            await _serve(resources, outputs, delivery_socket)
        runs.resume()
        yield urls


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


async def _serve(resources: AsyncExitStack, application: web.Application, listener: socket.socket) -> None:
    # A handler that is deliberately silent ends when its client disconnects.
    runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS)
    await runner.setup()
    resources.push_async_callback(runner.cleanup)
    await web.SockSite(runner, listener).start()
