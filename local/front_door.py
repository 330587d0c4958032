"""A proxy in front of the emulated distribution: the local stack's only public address.

The distribution decides everything that CloudFront decides. The front door forwards requests to it, and enforces AWS's
size limits, which MiniStack lacks. It also forwards upload forms' POSTs and presigned PUTs of parts to S3, so that one
port is enough.
"""

import io
import json
import math
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from asset_api.platform import errors, http_api
from asset_api.platform.errors import ApiError
from local import internal_headers, token_offer
from local.edge_function import EdgeFunction, Outcome
from local.served_hosts import ServedHosts

# API Gateway's limit for a request to an HTTP API.
API_BODY_LIMIT_BYTES = 10 * 1024 * 1024
# Lambda's limit for the event of a synchronous invocation; the body is a string in it.
LAMBDA_EVENT_LIMIT_BYTES = 6 * 1024 * 1024
# Bodies are forwarded as sent: CloudFront and API Gateway do not decompress, and a few kilobytes may become gigabytes.
SERVER_OPTIONS: Mapping[str, Any] = {"auto_decompress": False}
_PIECE_BYTES = 64 * 1024
_PROBLEM = "application/problem+json"
# Types that API Gateway passes to Lambda as text; everything else is base64-encoded.
_TEXT = re.compile(
    r"(text/|application/(json|javascript|xml|x-www-form-urlencoded)\b|[^;]+\+(json|xml)\b)", re.IGNORECASE
)
# Hop-by-hop headers, which proxies do not forward (RFC 9110, section 7.6.1), nor CloudFront show to functions.
_HOP_BY_HOP_HEADERS = frozenset(
    (
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)


@dataclass(frozen=True, slots=True)
class Upstream:
    """The emulator's URL, the distribution's host name, the bucket that forms post to, and the front door's key."""

    url: str
    distribution_host: str
    form_bucket: str
    key: str


class FrontDoor:
    """A reverse proxy that responds 503 until `upstream` is set, and while `upstream` is down.

    `edge` is the distribution's edge function. `make_token`, if given, issues the token that is offered to the page.
    """

    def __init__(
        self, edge: EdgeFunction, hosts: ServedHosts | None = None, make_token: Callable[[], str] | None = None
    ) -> None:
        self._edge = edge
        self._hosts = hosts or ServedHosts()
        self._make_token = make_token
        self.upstream: Upstream | None = None
        self._client: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        application = web.Application()
        # aiohttp matches the decoded path, which may contain line feeds.
        application.router.add_route("*", r"/{path:[\s\S]*}", self.handle, expect_handler=_defer_continue)
        application.cleanup_ctx.append(self._with_client)
        return application

    async def _with_client(self, _application: web.Application) -> AsyncIterator[None]:
        # Shorter than the emulator's 75 s: a request must not go out on a connection that is being closed.
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
        timeout = aiohttp.ClientTimeout(total=None, connect=5)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as client:
            self._client = client
            yield

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Respond to one request. Response bodies are streamed, never held whole."""
        request_id = str(uuid.uuid4())
        path = request.raw_path.partition("?")[0]
        if not path.startswith("/"):
            return _problem(errors.not_found(), request_id)
        if not self._hosts.serve(request.headers.get("Host", "")):
            return _problem(_misdirected(), request_id)
        if self._make_token and path == token_offer.PATH and token_offer.is_for(request.remote, request.headers):
            return web.Response(text=self._make_token(), headers={"Cache-Control": "no-store"})
        if self.upstream is None:
            return _problem(errors.temporarily_unavailable("The local stack, which is starting,"), request_id)
        if self._is_for_s3(request, path, self.upstream.form_bucket):
            return await self._forward_to_s3(request, request_id)
        body = await self._body_within_limits(request, request_id) if request.body_exists else b""
        if isinstance(body, web.Response):
            return body
        headers = {internal_headers.VIEWER_HOST: request.headers.get("Host", "")}
        host = self.upstream.distribution_host
        return await self._forward(request, host, headers, io.BytesIO(body) if body else None, request_id)

    async def _body_within_limits(self, request: web.Request, request_id: str) -> bytes | web.Response:
        """Read the whole body, or refuse it: before it arrives, if its length is declared."""
        declared = request.content_length
        if declared is not None and (refusal := self._refusal(request, declared, request_id)):
            return refusal
        _send_continue(request)
        body = bytearray()
        async for piece in request.content.iter_chunked(_PIECE_BYTES):
            body += piece
            if len(body) > API_BODY_LIMIT_BYTES:
                break
        if declared is None and (refusal := self._refusal(request, len(body), request_id)):
            return refusal
        return bytes(body)

    def _refusal(self, request: web.Request, body_bytes: int, request_id: str) -> web.Response | None:
        """Return AWS's response if a body of this length is too large; the edge function decides first."""
        outcome = self._edge.run(_viewer_request_event(request, body_bytes, request_id))
        if outcome.is_response:
            return _response_of(outcome)
        if body_bytes > API_BODY_LIMIT_BYTES:
            return _problem(_too_large("a request to the API", API_BODY_LIMIT_BYTES), request_id)
        if _bytes_in_event(body_bytes, request.headers.get("Content-Type", "")) > LAMBDA_EVENT_LIMIT_BYTES:
            return _problem(_too_large("an event for Lambda", LAMBDA_EVENT_LIMIT_BYTES), request_id)
        return None

    @staticmethod
    def _is_for_s3(request: web.Request, path: str, bucket: str) -> bool:
        """Tell whether a request posts a form or puts a part, or is the preflight of one that does."""
        if path == f"/{bucket}":
            return request.method in ("POST", "OPTIONS")
        is_part = path.startswith(f"/{bucket}/uploads/") and "X-Amz-Signature" in request.query
        return is_part and request.method in ("PUT", "OPTIONS")

    async def _forward_to_s3(self, request: web.Request, request_id: str) -> web.StreamResponse:
        if self.upstream is None:
            raise RuntimeError("the front door has no upstream")
        _send_continue(request)
        length = request.headers.get("Content-Length")
        headers = {"Content-Length": length} if length else {}
        body = request.content if request.body_exists else None
        return await self._forward(request, URL(self.upstream.url).authority, headers, body, request_id)

    async def _forward(
        self, request: web.Request, host: str, headers: Mapping[str, str], body: Any, request_id: str
    ) -> web.StreamResponse:
        if self._client is None or self.upstream is None:
            raise RuntimeError("the front door is not open")
        sent = CIMultiDict(
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP_HEADERS | {"content-length"}
        )
        sent.update({"Host": host, internal_headers.KEY: self.upstream.key, **headers})
        try:
            async with self._client.request(
                request.method,
                URL(self.upstream.url + request.raw_path, encoded=True),
                headers=sent,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
                data=body,
                allow_redirects=False,
            ) as upstream_response:
                if _function_failed(request, upstream_response):
                    return _problem(errors.temporarily_unavailable("A function of the API"), request_id)
                return await _relay(request, upstream_response)
        except (aiohttp.ClientConnectionError, TimeoutError):
            return _problem(errors.temporarily_unavailable("The emulator"), request_id)


def _function_failed(request: web.Request, response: aiohttp.ClientResponse) -> bool:
    """Tell whether API Gateway itself responded because the function crashed or timed out."""
    return response.status >= 500 and request.path.startswith("/api/") and response.content_type != _PROBLEM


async def _relay(request: web.Request, upstream_response: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=upstream_response.status, reason=upstream_response.reason)
    for name, value in upstream_response.headers.items():
        if name.lower() not in _HOP_BY_HOP_HEADERS:
            response.headers.add(name, value)
    await response.prepare(request)
    try:
        async for piece in upstream_response.content.iter_chunked(_PIECE_BYTES):
            await response.write(piece)
        await response.write_eof()
    except (aiohttp.ClientError, ConnectionError):
        # Either side is gone. Only a closed connection tells the viewer that the body is incomplete.
        if request.transport is not None:
            request.transport.abort()
    return response


async def _defer_continue(_request: web.Request) -> None:
    """Hold back `100 Continue`: the handler may refuse the request before its body is sent (RFC 9110, 10.1.1)."""


def _send_continue(request: web.Request) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _bytes_in_event(body_bytes: int, content_type: str) -> int:
    return body_bytes if _TEXT.match(content_type) else 4 * math.ceil(body_bytes / 3)


def _too_large(purpose: str, limit_bytes: int) -> ApiError:
    detail = f"The body is too large for {purpose}: at most {limit_bytes:,} bytes"
    return ApiError(413, "content-too-large", "Content too large", detail)


def _misdirected() -> ApiError:
    detail = "The local stack does not serve this host name. To add it: make run NAMES=the-host"
    return ApiError(421, "misdirected-request", "Misdirected request", detail)


def _viewer_request_event(request: web.Request, body_bytes: int, request_id: str) -> dict[str, Any]:
    """Build the part of an edge function's event that ours reads ("Event structure" in the developer guide)."""
    headers = {name.lower(): {"value": value} for name, value in request.headers.items()}
    return {
        "context": {"eventType": "viewer-request", "requestId": request_id},
        "request": {
            "method": request.method,
            "uri": request.raw_path.partition("?")[0],
            "headers": {**headers, "content-length": {"value": str(body_bytes)}},
            "querystring": {},
            "cookies": {},
        },
    }


def _response_of(outcome: Outcome) -> web.Response:
    headers = {name: header["value"] for name, header in outcome.value["headers"].items()}
    # As bytes: given a string, aiohttp would add a charset to the type.
    content = outcome.value["body"]["data"].encode()
    return web.Response(status=outcome.value["statusCode"], body=content, headers=headers)


def _problem(error: ApiError, request_id: str) -> web.Response:
    body = http_api.problem(error, request_id)
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store", **error.headers}
    return web.Response(status=error.status, text=json.dumps(body), headers=headers, content_type=_PROBLEM)
