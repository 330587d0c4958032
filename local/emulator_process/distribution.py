"""CloudFront's data plane for requests from the front door: served by the deployed distribution.

MiniStack 1.5.33 has CloudFront's behaviors, policies and S3 origins. This module adds what it lacks: edge functions
without Node, which may select origins and origin groups, and API Gateway as an origin.

A request with the front door's key and a distribution's host goes to that distribution whatever its path. So viewers
cannot reach MiniStack's own paths, such as the one that resets it.
"""

import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote

from ministack import app
from ministack.services import cloudfront

from local.edge_function import EdgeFunction, EdgeFunctionError
from local.internal_headers import KEY, VIEWER_HOST

_API_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.[a-z0-9.-]+")
# CloudFront fails over for no other method ("How origin failover works" in the developer guide).
_METHODS_THAT_FAIL_OVER = frozenset(("GET", "HEAD", "OPTIONS"))

Scope = MutableMapping[str, Any]
Headers = Iterable[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Response = tuple[int, str, dict[str, Any], bytes]

_fetch_from_other_origin = cloudfront._fetch_from_origin
_parse = cloudfront.parse_distribution_dataplane_config

# State of the current request: the distribution's origins by id, and the edge function's choices.
_origins: ContextVar[Mapping[str, Any]] = ContextVar("origins")
_choices: ContextVar[list[Any]] = ContextVar("choices")


def install(key: str) -> None:
    """Wrap MiniStack's server. Call this last, so that requests arrive here first."""
    others = app.app

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_for_distribution(scope["headers"], key):
            await _serve_from_distribution(scope, receive, app._with_date_header(send))
        else:
            await others(scope, receive, send)

    app.app = serve
    cloudfront.parse_distribution_dataplane_config = _parse_and_remember
    cloudfront._run_function = _run_function
    cloudfront._fetch_from_origin = _fetch_from_origin


def _is_for_distribution(headers: Headers, key: str) -> bool:
    named = dict(headers)
    has_key = hmac.compare_digest(named.get(KEY.lower().encode(), b""), key.encode())
    return has_key and app._parse_cloudfront_dataplane_host(named.get(b"host", b"").decode("latin-1")) is not None


async def _serve_from_distribution(scope: Scope, receive: Receive, send: Send) -> None:
    headers = _combined(scope["headers"])
    host = headers["host"]
    del headers[KEY.lower()]
    headers["host"] = headers.pop(VIEWER_HOST.lower(), "")
    headers["x-forwarded-proto"] = "https"  # local viewers use plain HTTP, which CloudFront would redirect
    query = scope["query_string"].decode("latin-1")
    response = await app._handle_cloudfront_dataplane_request(
        host,
        scope["path"],
        scope["raw_path"].decode("latin-1"),
        query,
        scope["method"],
        headers,
        await _body(receive),
        parse_qs(query, keep_blank_values=True),
        scope["client"][0],
    )
    if response is None:
        response = 404, {"Content-Type": "text/plain"}, b"There is no such distribution."
    await app._send_response(send, *response, head=scope["method"] == "HEAD")


def _combined(headers: Headers) -> dict[str, str]:
    """Map lower-case names to values, joining repeated headers (RFC 9110, section 5.3; cookies: RFC 9113, 8.2.3)."""
    combined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1").lower(), app.decode_header_value(value)
        separator = "; " if key == "cookie" else ", "
        combined[key] = f"{combined[key]}{separator}{text}" if key in combined else text
    return combined


async def _body(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):  # at the end, or when the front door has disconnected
            return b"".join(pieces)


def _parse_and_remember(distribution: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = _parse(distribution)
    _origins.set(parsed["origins"])
    _choices.set([])
    return parsed


@lru_cache(maxsize=8)
def _compiled(code: bytes) -> EdgeFunction:
    return EdgeFunction(code.decode())


async def _run_function(function_arn: str, event: dict[str, Any]) -> Mapping[str, Any]:
    code = cloudfront.live_function_code(function_arn)
    if code is None:
        raise cloudfront.CloudFrontFunctionError(f"{function_arn} is not published")
    try:
        outcome = _compiled(code).run(event)
    except EdgeFunctionError as error:
        raise cloudfront.CloudFrontFunctionError(str(error)) from error
    _choices.set(outcome.origins)
    return outcome.value


async def _fetch_from_origin(origin: Mapping[str, Any], method: str, *request: Any) -> Response:
    """Fetch from the origin or origin group that the edge function selected, by default from `origin`."""
    choices = _choices.get()
    _choices.set([])  # the choice must not apply to an error page, which has its own origin
    if not choices:
        return await _fetch(origin, method, *request)
    chosen = choices[-1]
    if isinstance(chosen, str):
        return await _fetch(_origin(chosen), method, *request)
    first, second = (_origin(member["originId"]) for member in chosen["originIds"])
    response = await _fetch(first, method, *request)
    if method in _METHODS_THAT_FAIL_OVER and response[0] in chosen["failoverCriteria"]["statusCodes"]:
        response = await _fetch(second, method, *request)
    return response


def _origin(origin_id: str) -> Mapping[str, Any]:
    origins = _origins.get()
    if origin_id not in origins:
        raise cloudfront.OriginUnreachable(f"the distribution has no origin {origin_id!r}")
    origin: Mapping[str, Any] = origins[origin_id]
    return origin


async def _fetch(origin: Mapping[str, Any], method: str, *request: Any) -> Response:
    api = _API_HOST.fullmatch(origin["domain_name"])
    if api is None:
        response: Response = await _fetch_from_other_origin(origin, method, *request)
        return response
    return await _fetch_from_api(f"{api[1]}.execute-api.{app._MINISTACK_HOST}", origin, method, *request)


async def _fetch_from_api(
    host: str,
    origin: Mapping[str, Any],
    method: str,
    uri: str,
    query: str,
    headers: dict[str, Any],
    body: bytes,
    _viewer_is_https: bool,
    client_ip: str,
    viewer_forwarded_for: str,
    _distribution_arn: str,
) -> Response:
    sent = cloudfront._origin_request_headers(origin, headers, client_ip, viewer_forwarded_for)
    if body:
        sent["content-length"] = str(len(body))
    status, received, content = await app._handle_execute_api_request(
        host,
        unquote(uri),
        method,
        {**{name.lower(): value for name, value in sent.items()}, "host": host},
        body,
        parse_qs(query, keep_blank_values=True),
        raw_path=uri,
        raw_query_string=query,
    )
    return status, "", {name.lower(): value for name, value in received.items()}, content
