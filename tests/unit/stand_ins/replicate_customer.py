"""A customer of the stand-in over real sockets: a client, and the site that its webhooks reach."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from stand_ins.replicate.inputs import InputError
from stand_ins.replicate.runs import Renderer, Urls
from stand_ins.replicate.server import Settings, running
from tests import media

TOKEN = "r8_test"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
RELEASE_SECONDS = 0.05
SETTINGS = Settings(TOKEN, SECRET, speed=200, too_large_bytes=3_000_000)
# Bounds a hang.
PATIENCE_SECONDS = 120


def fake_render(image: bytes | None, _prompt: str, path: Path) -> None:
    if image is not None and not image.startswith(b"\xff\xd8"):
        raise InputError("The input file is not an image")
    path.write_bytes(media.mp4())


@dataclass
class Customer:
    """A client of the stand-in, with an image on its site and a webhook endpoint that responds with `statuses`."""

    urls: Urls
    http: aiohttp.ClientSession
    site: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def image(self, _request: web.Request) -> web.Response:
        return web.Response(body=media.jpeg(), content_type="image/jpeg")

    async def webhook(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": "/image"} if status == 307 else {})

    @property
    def statuses_told(self) -> list[str]:
        return [json.loads(body)["status"] for _, body in self.received]

    async def call(
        self, method: str, path: str, body: object = None, token: str = TOKEN, **headers: str
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        sent = {"Authorization": f"Bearer {token}", **headers}
        async with self.http.request(method, self.urls.api + path, json=body, headers=sent) as response:
            return response.status, await response.json(content_type=None), response

    async def create(self, model: str, **headers: str) -> tuple[int, Any]:
        body = {
            "input": {"prompt": "wave", "first_frame_image": f"{self.site}/image"},
            "webhook": f"{self.site}/webhook",
            "webhook_events_filter": ["completed"],
        }
        owner_and_name = model if "/" in model else f"stand-in/{model}"
        status, document, _ = await self.call("POST", f"/v1/models/{owner_and_name}/predictions", body, **headers)
        return status, document

    async def created(self, model: str, **headers: str) -> str:
        status, document = await self.create(model, **headers)
        assert status == 201
        assert document["status"] == "starting"
        return str(document["id"])

    async def prediction(self, prediction_id: str) -> dict[str, Any]:
        status, document, _ = await self.call("GET", f"/v1/predictions/{prediction_id}")
        assert status == 200
        assert isinstance(document, dict)
        return document

    async def ended(self, prediction_id: str) -> dict[str, Any]:
        async def has_ended() -> bool:
            return (await self.prediction(prediction_id))["completed_at"] is not None

        await until(has_ended)
        return await self.prediction(prediction_id)

    async def output(self, model: str) -> Any:
        return (await self.ended(await self.created(model)))["output"]

    async def has_received(self, count: int) -> None:
        async def is_there() -> bool:
            return len(self.received) >= count

        await until(is_there)

    async def ledger(self) -> dict[str, Any]:
        async with self.http.get(f"{self.urls.api}/stand-in/predictions") as response:
            received = await response.json()
            assert isinstance(received, dict)
            return received


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def customer(settings: Settings = SETTINGS, renderer: Renderer = fake_render) -> AsyncIterator[Customer]:
    async with running(settings, renderer) as urls, aiohttp.ClientSession() as http:
        one = Customer(urls, http)
        site = web.Application()
        site.add_routes([web.get("/image", one.image), web.post("/webhook", one.webhook)])
        async with TestServer(site) as server:
            one.site = str(server.make_url("")).rstrip("/")
            yield one
    # Broken connections are closed only in the loop's next iterations.
    await asyncio.sleep(0.01)


def with_customer(
    scenario: Callable[[Customer], Awaitable[None]], settings: Settings = SETTINGS, renderer: Renderer = fake_render
) -> None:
    async def run() -> None:
        async with customer(settings, renderer) as one:
            await scenario(one)
        # Closed transports release their sockets in the loop's next iterations. A transport that is garbage-collected
        # with an open socket causes a warning, and therefore an error.
        await asyncio.sleep(RELEASE_SECONDS)

    asyncio.run(run())
