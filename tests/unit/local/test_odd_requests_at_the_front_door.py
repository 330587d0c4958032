"""Requests that two servers could read differently, byte for byte: refused, or forwarded as one request."""

import asyncio
import gzip
import re

import pytest

from tests.unit.local.test_front_door import ASSET, FakeEmulator, front_door

SMUGGLED = "/smuggled"
SECOND = f"GET {SMUGGLED} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"


async def _responses(url: str, request: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def sent(request: bytes) -> tuple[list[int], FakeEmulator]:
    """Send bytes on one connection; return the statuses of all responses, and the upstream."""

    async def scenario() -> tuple[list[int], FakeEmulator]:
        async with front_door() as (url, emulator, _):
            responses = await _responses(url, request)
            statuses = [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", responses, re.MULTILINE)]
            return statuses, emulator

    return asyncio.run(asyncio.wait_for(scenario(), 5))


def post(*headers: str, body: str = "") -> bytes:
    lines = ["POST /api/v2/generate HTTP/1.1", "Host: h", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


@pytest.mark.parametrize(
    "request_bytes",
    [
        post("Content-Length: 5", "Transfer-Encoding: chunked", body="0\r\n\r\n" + SECOND),
        post("Transfer-Encoding: chunked", "Content-Length: 5", body="0\r\n\r\n" + SECOND),
        post("Content-Length: 0", f"Content-Length: {len(SECOND)}", body=SECOND),
        post(f"Content-Length: {len(SECOND)}", "Content-Length: 0", body=SECOND),
        post("Content-Length: +0", body=SECOND),
        post("Content-Length: -1", body=SECOND),
        post("Content-Length: 0x0", body=SECOND),
        post("Content-Length: 0, 0", body=SECOND),
        post("Content-Length : 0", body=SECOND),
        post(" Content-Length: 0", body=SECOND),
        post("Transfer-Encoding: xchunked", body="0\r\n\r\n" + SECOND),
        post("Transfer-Encoding: chunked, identity", body="0\r\n\r\n" + SECOND),
        post("Transfer-Encoding : chunked", body="0\r\n\r\n" + SECOND),
        post("Transfer-Encoding: chunked", body="-1\r\n\r\n" + SECOND),
        post("Transfer-Encoding: chunked", body="0x0\r\n\r\n" + SECOND),
        post("X: y\nContent-Length: 0", body=SECOND),
        post("X: y\0", body=SECOND),
        post("X\0: y", body=SECOND),
        post("X: y\rZ: 1", body=SECOND),
        post("Host: other", "Content-Length: x", body=SECOND),
    ],
    ids=range(20),
)
def test_an_ambiguous_body_length_is_refused_and_closes_the_connection(request_bytes: bytes) -> None:
    statuses, emulator = sent(request_bytes)
    assert statuses == [400]
    assert emulator.requests == []


@pytest.mark.parametrize(
    "target",
    [
        ASSET.replace("/assets/", "/assets%2F"),
        ASSET.replace("/assets/", "/assets/./"),
        ASSET.replace("/assets/", "/assets/../assets/"),
        ASSET.replace("/assets/", "/assets/%2e%2e/assets/"),
        ASSET.replace("/assets/", "//assets/"),
        ASSET.replace("/assets/", "/assets\\"),
        ASSET.replace("/v2/", "/%76%32/"),
        ASSET.replace("/v2/", "/V2/"),
        ASSET.replace("/v2/", "/%2576%2532/"),
        ASSET + "/",
        ASSET + ";x=y",
        ASSET + "%00",
        ASSET + "%0a",
        ASSET + "%20",
        ASSET + "%2fmetadata",
        ASSET + "%3Fx",
        ASSET + "#x",
    ],
)
def test_an_odd_path_is_forwarded_unchanged(target: str) -> None:
    """Nothing is decoded or resolved, because a path could then mean different things here and upstream."""
    statuses, emulator = sent(f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    assert statuses == [200]
    (request,) = emulator.requests
    assert request.raw_path == target.partition("#")[0]


@pytest.mark.parametrize("target", [f"http://other.example{ASSET}", "*", "other.example:443"])
def test_a_request_target_that_is_not_a_path_is_not_forwarded(target: str) -> None:
    statuses, emulator = sent(f"GET {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
    assert statuses in ([400], [404])
    assert emulator.requests == []


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
        b"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n",
        b"G\xffT / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=range(9),
)
def test_a_malformed_request_is_refused(request_bytes: bytes) -> None:
    statuses, emulator = sent(request_bytes)
    assert statuses == [400]
    assert emulator.requests == []


@pytest.mark.parametrize(
    "body",
    [gzip.compress(bytes(16 * 1024 * 1024), compresslevel=1), b"\x1f\x8b" + bytes(18)],
    ids=["16 MB of zeros", "no gzip at all"],
)
def test_a_compressed_body_is_forwarded_unchanged(body: bytes) -> None:
    head = post(
        "Content-Type: application/json", "Content-Encoding: gzip", f"Content-Length: {len(body)}", "Connection: close"
    )
    statuses, emulator = sent(head + body)
    assert statuses == [200]
    assert emulator.bodies == [body]
    assert emulator.requests[0].headers["Content-Encoding"] == "gzip"
