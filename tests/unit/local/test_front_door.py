"""The front door with an upstream that records its requests."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from asset_api.uploads.synchronous_uploads import DIRECT_MAX_BYTES
from local.edge_function import EdgeFunction
from local.front_door import API_BODY_LIMIT_BYTES, SERVER_OPTIONS, FrontDoor, Upstream
from local.served_hosts import ServedHosts

EDGE_FUNCTION = (Path(__file__).parents[3] / "edge" / "viewer-request.js").read_text()
ASSET = "/api/v2/assets/0199d1a0-0000-7000-8000-000000000000"
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
TOO_LARGE = DIRECT_MAX_BYTES + 64 * 1024 + 1
DISTRIBUTION_HOST = "d111.cloudfront.net"
FORM_BUCKET = "stack-incoming-1a2b"
KEY = "the-key-of-this-run"


class Server(TestServer):
    """Start a server with the front door's options."""

    async def start_server(self, loop: asyncio.AbstractEventLoop | None = None, **options: Any) -> None:
        await super().start_server(loop, **SERVER_OPTIONS, **options)


@dataclass
class FakeEmulator:
    """Record requests, and respond to each with `respond`."""

    respond: Callable[[web.Request], Awaitable[web.StreamResponse]]
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        return await self.respond(request)


async def _ok(_: web.Request) -> web.StreamResponse:
    return web.json_response({"ok": True})


def upstream_at(url: str) -> Upstream:
    return Upstream(url, DISTRIBUTION_HOST, FORM_BUCKET, KEY)


@asynccontextmanager
async def front_door(
    respond: Callable[[web.Request], Awaitable[web.StreamResponse]] = _ok,
) -> AsyncIterator[tuple[str, FakeEmulator, aiohttp.ClientSession]]:
    emulator = FakeEmulator(respond)
    upstream = web.Application(client_max_size=2 * API_BODY_LIMIT_BYTES)
    upstream.router.add_route("*", r"/{path:[\s\S]*}", emulator.handle)
    door = FrontDoor(EdgeFunction(EDGE_FUNCTION), ServedHosts(["h"]))
    async with (
        Server(upstream) as upstream_server,
        Server(door.application()) as door_server,
        aiohttp.ClientSession(auto_decompress=False) as client,
    ):
        door.upstream = upstream_at(str(upstream_server.make_url("")).rstrip("/"))
        yield str(door_server.make_url("")).rstrip("/"), emulator, client


def test_forwards_the_whole_request_with_host_and_key() -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            headers = {"Authorization": "Bearer t", "Content-Type": "application/json", "X-Local-Front-Door": "a guess"}
            target = URL(f"{url}/api//v2/%2e%2e/jobs?a=%2F&b", encoded=True)
            async with client.post(target, data=b"{}", headers=headers) as response:
                assert response.status == 200
            (request,) = emulator.requests
            assert request.raw_path == "/api//v2/%2e%2e/jobs?a=%2F&b"
            assert request.headers["Host"] == DISTRIBUTION_HOST
            assert request.headers["X-Local-Viewer-Host"] == url.removeprefix("http://")
            assert request.headers.getall("X-Local-Front-Door") == [KEY]
            assert request.headers["Authorization"] == "Bearer t"
            assert request.headers["Content-Length"] == "2"
            assert emulator.bodies == [b"{}"]

    asyncio.run(scenario())


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_crashed_function_is_a_problem_with_retry_after(status: int) -> None:
    async def died(_: web.Request) -> web.StreamResponse:
        return web.json_response({"message": "Internal Server Error"}, status=status)

    async def scenario() -> None:
        async with front_door(died) as (url, _, client), client.get(f"{url}/api/v2/assets") as response:
            assert response.status == 503
            assert response.content_type == "application/problem+json"
            assert int(response.headers["Retry-After"]) > 0
            assert (await response.json())["detail"] == "A function of the API is temporarily unavailable; try again"

    asyncio.run(scenario())


def test_the_apis_problem_is_returned_unchanged() -> None:
    async def failed(_: web.Request) -> web.StreamResponse:
        own = {"detail": "The provider failed", "request_id": "r"}
        return web.json_response(own, status=502, content_type="application/problem+json")

    async def scenario() -> None:
        async with front_door(failed) as (url, _, client), client.get(f"{url}/api/v2/assets") as response:
            assert response.status == 502
            assert (await response.json())["request_id"] == "r"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_ministack/reset"),
        ("GET", "/_ministack/health"),
        ("POST", f"/{FORM_BUCKET}/uploads/x"),
        ("POST", f"/{FORM_BUCKET}/"),
        ("GET", f"/{FORM_BUCKET}"),
        ("PUT", f"/{FORM_BUCKET}"),
        ("DELETE", f"/{FORM_BUCKET}"),
        ("POST", "/another-bucket"),
        ("POST", "/2015-03-31/functions/f/invocations"),
        ("GET", "/"),
    ],
)
def test_forwards_everything_but_form_posts_to_the_distribution(method: str, path: str) -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            async with client.request(method, f"{url}{path}"):
                pass
            (request,) = emulator.requests
            assert (request.method, request.raw_path) == (method, path)
            assert request.headers["Host"] == DISTRIBUTION_HOST

    asyncio.run(scenario())


@pytest.mark.parametrize("expect", [False, True])
def test_streams_form_posts_to_the_bucket_unchanged(expect: bool) -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            headers = {"Origin": "https://app.example", **MULTIPART}
            size = 5 * API_BODY_LIMIT_BYTES // 4
            target = f"{url}/{FORM_BUCKET}"
            async with client.post(target, data=io.BytesIO(b"0" * size), headers=headers, expect100=expect) as response:
                assert response.status == 200
            (request,) = emulator.requests
            assert DISTRIBUTION_HOST not in request.headers["Host"]
            assert request.headers["Origin"] == "https://app.example"
            assert request.headers["X-Local-Front-Door"] == KEY
            assert request.headers["Content-Length"] == str(size)
            assert len(emulator.bodies[0]) == size

    asyncio.run(scenario())


def test_forwards_the_preflight_of_a_form_to_the_bucket() -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            async with client.options(f"{url}/{FORM_BUCKET}", headers={"Origin": "https://app.example"}):
                pass
            assert DISTRIBUTION_HOST not in emulator.requests[0].headers["Host"]

    asyncio.run(scenario())


def test_refuses_foreign_hosts() -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            async with client.get(f"{url}/api/v2/health", headers={"Host": "rebound.evil.example:8000"}) as response:
                assert response.status == 421
                assert "make run NAMES=" in json.loads(await response.read())["detail"]
            assert emulator.requests == []

    asyncio.run(scenario())


def test_returns_the_response_without_hop_by_hop_headers() -> None:
    async def partial(_: web.Request) -> web.StreamResponse:
        headers = {
            "Content-Range": "bytes 0-3/9",
            "ETag": '"e"',
            "Content-Type": "image/png",
            "Keep-Alive": "timeout=5",
        }
        return web.Response(status=206, body=b"abcd", headers=headers)

    async def scenario() -> None:
        async with front_door(partial) as (url, _, client), client.get(f"{url}{ASSET}") as response:
            assert response.status == 206
            assert response.headers["Content-Range"] == "bytes 0-3/9"
            assert response.headers["ETag"] == '"e"'
            assert response.headers["Content-Length"] == "4"
            assert "Keep-Alive" not in response.headers
            assert await response.read() == b"abcd"

    asyncio.run(scenario())


def test_answers_head_with_the_length_and_no_body() -> None:
    async def with_length(_: web.Request) -> web.StreamResponse:
        return web.Response(body=b"abcd", content_type="image/png")

    async def scenario() -> None:
        async with front_door(with_length) as (url, _, client), client.head(f"{url}{ASSET}") as response:
            assert response.status == 200
            assert response.headers["Content-Length"] == "4"
            assert await response.read() == b""

    asyncio.run(scenario())


def test_returns_not_modified() -> None:
    async def not_modified(_: web.Request) -> web.StreamResponse:
        return web.Response(status=304, headers={"ETag": '"e"'})

    async def scenario() -> None:
        async with front_door(not_modified) as (url, emulator, client):
            async with client.get(f"{url}{ASSET}", headers={"If-None-Match": '"e"'}) as response:
                assert response.status == 304
            assert emulator.requests[0].headers["If-None-Match"] == '"e"'

    asyncio.run(scenario())


def test_streams_a_response_before_it_is_complete() -> None:
    first_half_was_read = asyncio.Event()

    async def in_halves(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "8"})
        await response.prepare(request)
        await response.write(b"half")
        await first_half_was_read.wait()
        await response.write(b"half")
        return response

    async def scenario() -> None:
        async with front_door(in_halves) as (url, _, client), client.get(f"{url}{ASSET}") as received:
            assert await received.content.readexactly(4) == b"half"
            first_half_was_read.set()
            assert await received.read() == b"half"

    asyncio.run(asyncio.wait_for(scenario(), 5))


def test_a_truncated_upstream_body_is_truncated_for_the_viewer() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "8"})
        await response.prepare(request)
        await response.write(b"half")
        if request.transport is not None:
            request.transport.close()
        return response

    async def scenario() -> None:
        async with front_door(broken) as (url, _, client), client.get(f"{url}{ASSET}") as received:
            with pytest.raises(aiohttp.ClientError):
                await received.read()

    asyncio.run(scenario())


async def _response_before_the_body(url: str, length: int, *, expect: bool = False) -> bytes:
    """Send only the head of a multipart upload, and return the head of the response."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = [
        "POST /api/v2/upload-asset HTTP/1.1",
        f"Host: {host}",
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {length}",
        *(["Expect: 100-continue"] if expect else []),
    ]
    writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
    try:
        return await reader.readuntil(b"\r\n")
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("expect", [False, True])
def test_refuses_a_large_multipart_body_by_its_content_length(expect: bool) -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, _):
            assert b" 413 " in await _response_before_the_body(url, TOO_LARGE, expect=expect)
            assert emulator.requests == []

    asyncio.run(asyncio.wait_for(scenario(), 5))


def test_sends_100_continue() -> None:
    async def scenario() -> None:
        async with front_door() as (url, _, client):
            async with client.post(f"{url}/api/v2/generate", data=b"{}", expect100=True) as response:
                assert response.status == 200
            assert b" 100 " in await _response_before_the_body(url, 10, expect=True)

    asyncio.run(asyncio.wait_for(scenario(), 5))


async def _pieces(total: int) -> AsyncIterator[bytes]:
    for _ in range(0, total, 65536):
        yield b"\0" * 65536


@pytest.mark.parametrize("size", [TOO_LARGE, API_BODY_LIMIT_BYTES + 1])
def test_refuses_a_chunked_multipart_body_over_the_limit(size: int) -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            data = _pieces(size + 65536)
            async with client.post(f"{url}/api/v2/upload-asset", data=data, headers=MULTIPART) as response:
                assert response.status == 413
                assert "upload form" in json.loads(await response.read())["detail"]
            assert emulator.requests == []

    asyncio.run(scenario())


def test_accepts_a_chunked_multipart_body_at_the_limit() -> None:
    async def scenario() -> None:
        async with front_door() as (url, emulator, client):
            data = _pieces(DIRECT_MAX_BYTES)
            async with client.post(f"{url}/api/v2/upload-asset", data=data, headers=MULTIPART) as response:
                assert response.status == 200
            assert len(emulator.bodies[0]) == DIRECT_MAX_BYTES

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("content_type", "size", "status"),
    [
        ("application/json", 6 * 1024 * 1024, 200),
        ("application/json", 6 * 1024 * 1024 + 1, 413),
        ("application/octet-stream", 4_718_592, 200),  # three quarters, because Lambda receives base64
        ("application/octet-stream", 4_718_593, 413),
        ("application/json", API_BODY_LIMIT_BYTES + 1, 413),
    ],
)
def test_enforces_api_gateways_and_lambdas_limits(content_type: str, size: int, status: int) -> None:
    async def scenario() -> None:
        async with front_door() as (url, _, client):
            headers = {"Content-Type": content_type}
            async with client.post(f"{url}/api/v2/generate", data=io.BytesIO(b"0" * size), headers=headers) as response:
                assert response.status == status
                if status == 413:
                    assert response.content_type == "application/problem+json"
                    assert json.loads(await response.read())["status"] == 413

    asyncio.run(scenario())


def test_responds_503_without_the_emulator() -> None:
    async def scenario() -> None:
        door = FrontDoor(EdgeFunction(EDGE_FUNCTION))
        async with TestServer(door.application()) as server, aiohttp.ClientSession() as client:
            for upstream in (None, upstream_at(f"http://127.0.0.1:{unused_port()}")):
                door.upstream = upstream
                async with client.get(server.make_url("/api/v2/health")) as response:
                    assert response.status == 503
                    assert int(response.headers["Retry-After"]) > 0
                    assert response.content_type == "application/problem+json"
                    assert isinstance(json.loads(await response.read())["detail"], str)

    asyncio.run(scenario())


def test_returns_the_apis_errors_unchanged() -> None:
    async def too_many(_: web.Request) -> web.StreamResponse:
        return web.json_response({"detail": "Too many requests"}, status=429, headers={"Retry-After": "7"})

    async def scenario() -> None:
        async with front_door(too_many) as (url, _, client), client.get(f"{url}/api/v2/assets") as response:
            assert response.status == 429
            assert response.headers["Retry-After"] == "7"
            assert json.loads(await response.read()) == {"detail": "Too many requests"}

    asyncio.run(scenario())
