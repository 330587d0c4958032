"""The local stand-in for CloudFront: one address, and requests sent where the edge function would send them.

It holds the size limits that AWS has and MiniStack has not, and otherwise passes everything on as it is.
"""

import io
import json
import math
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp import web
from yarl import URL

from asset_api.platform import errors, http_api
from asset_api.platform.errors import ApiError
from local import token_offer
from local.routing import HOP_BY_HOP_HEADERS, Refuse, ToApi, route

# API Gateway's quota for a request to an HTTP API.
API_BODY_LIMIT_BYTES = 10 * 1024 * 1024
# Lambda's quota for the event of a synchronous invocation, of which the body is one string.
LAMBDA_EVENT_LIMIT_BYTES = 6 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
# What API Gateway hands to Lambda as it is; everything else as base64.
_TEXT = re.compile(
    r"(text/|application/(json|javascript|xml|x-www-form-urlencoded)\b|[^;]+\+(json|xml)\b)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the emulator is, and the `Host` by which it knows the API and the distribution."""

    url: str
    api_host: str
    distribution_host: str


class FrontDoor:
    """Answers 503 until `upstream` is set, and while nothing answers there.

    `make_token` makes the token that is offered to the page; without it none is.
    """

    def __init__(self, make_token: Callable[[], str] | None = None) -> None:
        self._make_token = make_token
        self.upstream: Upstream | None = None
        self._client: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        application = web.Application()
        # aiohttp matches the decoded path, which may have line feeds.
        application.router.add_route("*", r"/{path:[\s\S]*}", self.handle, expect_handler=_leave_to_the_handler)
        application.cleanup_ctx.append(self._with_client)
        return application

    async def _with_client(self, _application: web.Application) -> AsyncIterator[None]:
        # Below the emulator's own 75 s, or a request could meet a connection that is just being closed.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        timeout = aiohttp.ClientTimeout(total=None, connect=5)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as client:
            self._client = client
            yield

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, streamed: no answer's body is ever held whole."""
        request_id = str(uuid.uuid4())
        path, _, query = request.raw_path.partition("?")
        if not path.startswith("/"):
            return _problem(errors.not_found(), request_id)
        if self._make_token and path == token_offer.PATH and token_offer.is_for(request.headers):
            return web.Response(text=self._make_token(), headers={"Cache-Control": "no-store"})
        decision = route(request.method, path, request.headers, request_id=request_id)
        if isinstance(decision, Refuse):
            return web.Response(status=decision.status, body=decision.body, headers=decision.headers)
        if self.upstream is None:
            return _problem(errors.temporarily_unavailable("The local stack is starting: it"), request_id)
        if not isinstance(decision, ToApi):
            host = self.upstream.distribution_host
            # The distribution redirects plain HTTP, which the viewer of a local stack does speak.
            headers = {**decision.headers, "X-Forwarded-Proto": "https"}
            return await self._pass_on(request, host, decision.path, headers, None, request_id)
        body = await _body_within_limits(request, path, request_id)
        if isinstance(body, web.Response):
            return body
        target = f"{path}?{query}" if query else path
        return await self._pass_on(request, self.upstream.api_host, target, decision.headers, body, request_id)

    async def _pass_on(
        self,
        request: web.Request,
        host: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
        request_id: str,
    ) -> web.StreamResponse:
        if self._client is None or self.upstream is None:
            raise RuntimeError("the front door is not open")
        forwarded = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        try:
            async with self._client.request(
                request.method,
                URL(self.upstream.url + target, encoded=True),
                headers={**forwarded, "Host": host},
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                data=io.BytesIO(body) if body else None,
                allow_redirects=False,
            ) as answer:
                return await _pass_back(request, answer)
        except (aiohttp.ClientConnectionError, TimeoutError):
            return _problem(errors.temporarily_unavailable("The emulator"), request_id)


async def _pass_back(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in HOP_BY_HOP_HEADERS:
            response.headers.add(name, value)
    await response.prepare(request)
    try:
        async for piece in answer.content.iter_chunked(_PIECE_BYTES):
            await response.write(piece)
        await response.write_eof()
    except (aiohttp.ClientError, ConnectionError):
        # Either side is gone. Only a closed connection tells the viewer that the body is not whole.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _leave_to_the_handler(_request: web.Request) -> None:
    """No `100 Continue` yet: a request that is refused by its headers need not send its body (RFC 9110, 10.1.1)."""


async def _body_within_limits(request: web.Request, path: str, request_id: str) -> bytes | web.Response:
    """The body that API Gateway would take whole, or the 413 as soon as it is sure."""
    if not request.body_exists:
        return b""
    if (request.content_length or 0) > API_BODY_LIMIT_BYTES:
        return _problem(_too_large("a request to the API", API_BODY_LIMIT_BYTES), request_id)
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    async for piece in request.content.iter_chunked(_PIECE_BYTES):
        body += piece
        # A chunked body does not say how long it is: decide again by what has come.
        so_far = {**request.headers, "Content-Length": str(len(body))}
        decision = route(request.method, path, so_far, request_id=request_id)
        if isinstance(decision, Refuse):
            return web.Response(status=decision.status, body=decision.body, headers=decision.headers)
        if len(body) > API_BODY_LIMIT_BYTES:
            return _problem(_too_large("a request to the API", API_BODY_LIMIT_BYTES), request_id)
    if _bytes_in_event(len(body), request.headers.get("Content-Type", "")) > LAMBDA_EVENT_LIMIT_BYTES:
        return _problem(_too_large("an event for Lambda", LAMBDA_EVENT_LIMIT_BYTES), request_id)
    return bytes(body)


def _bytes_in_event(body_bytes: int, content_type: str) -> int:
    return body_bytes if _TEXT.match(content_type) else 4 * math.ceil(body_bytes / 3)


def _too_large(what: str, limit_bytes: int) -> ApiError:
    detail = f"The body is too large for {what}: at most {limit_bytes:,} bytes"
    return ApiError(413, "content-too-large", "Content too large", detail)


def _problem(error: ApiError, request_id: str) -> web.Response:
    body = http_api.problem(error, request_id)
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", **error.headers}
    return web.Response(
        status=error.status, text=json.dumps(body), headers=headers, content_type="application/problem+json"
    )
