"""A guard in front of MiniStack that lets no browser through, except to post an upload form or to put a signed part.

MiniStack 1.5.33 accepts any signature for the root user's key, treats unsigned requests to S3 as the root user's, sends
`Access-Control-Allow-Origin: *`, and serves `/_ministack` without credentials. Without the guard, any page in the
developer's browser could read functions' settings, run code and erase everything.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from local.internal_headers import KEY

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

# Makes the emulator save its state (see `server`); requires the run's key.
SAVE = ("POST", "/_local/save")
# MiniStack's own paths, and those of them that are needed. The second is the random URL at which a custom resource's
# function responds to CloudFormation.
_MINISTACKS_OWN = "/_"
_NEEDED = {("GET", "/_ministack/health"), ("PUT", "/_ministack/cfn-response")}
_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
# `Authorization` and `X-Amz-Target` are left out: MiniStack would take the form's POST for a call of another service.
_HEADERS_OF_A_FORM = frozenset(
    (b"accept", b"content-length", b"content-type", b"expect", b"host", b"origin", b"transfer-encoding", b"user-agent")
)
_HEADERS_OF_A_PART = frozenset(
    (b"accept", b"content-length", b"content-md5", b"expect", b"host", b"origin", b"transfer-encoding", b"user-agent")
)
_PART = re.compile(r"/(?P<bucket>[^/]+)/uploads/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NAMES_IN_A_PART = frozenset(
    (
        *("partNumber", "uploadId", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"),
        *("X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders"),
    )
)
_PREFLIGHT_HEADERS = frozenset((b"access-control-request-headers", b"access-control-request-method"))


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request. `path` is decoded, as MiniStack compares it; header names are lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]

    @classmethod
    def from_scope(cls, scope: Scope) -> "Request":
        headers = tuple((name.lower(), value) for name, value in scope["headers"])
        return cls(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers)

    def values(self, name: bytes) -> list[str]:
        return [value.decode("latin-1") for header, value in self.headers if header == name]

    @property
    def host(self) -> str:
        """The `Host` header in lower case; empty if it is missing or ambiguous."""
        hosts = self.values(b"host")
        return hosts[0].lower() if len(hosts) == 1 else ""

    @property
    def is_from_a_browser(self) -> bool:
        # Pages can neither drop nor change these: they are forbidden request headers (Fetch, section 2.2.2).
        return any(
            name == b"origin" or name.startswith((b"sec-fetch-", *_PREFLIGHT_HEADERS)) for name, _ in self.headers
        )

    @property
    def is_signed(self) -> bool:
        """Tell whether the request has a signature; MiniStack verifies it."""
        authorization = self.values(b"authorization")
        return (len(authorization) == 1 and authorization[0].startswith("AWS4-HMAC-SHA256 ")) or (
            not authorization and "X-Amz-Signature" in parse_qs(self.query)
        )


@dataclass(frozen=True, slots=True)
class Admitted:
    """An admitted request: the headers that MiniStack gets, and whether its response keeps its CORS headers."""

    headers: Headers
    with_cors: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused request: the status and the reason."""

    status: int
    reason: str

    def to_response(self, request: Request) -> tuple[Headers, bytes]:
        """Format the refusal as an SDK expects it of the service it calls."""
        if request.values(b"x-amz-target"):
            body = json.dumps({"__type": "AccessDeniedException", "message": self.reason}).encode()
            content_type = b"application/x-amz-json-1.0"
        else:
            body = f"<Error><Code>AccessDenied</Code><Message>{self.reason}</Message></Error>".encode()
            content_type = b"application/xml"
        return [
            (b"content-type", content_type),
            (b"content-length", str(len(body)).encode()),
            (b"x-amzn-errortype", b"AccessDeniedException"),
            (b"connection", b"close"),  # the request's body is not read
        ], body


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of admission.

    Only the processes of this run know `key`. `form_buckets` matches the names of buckets that accept forms.
    """

    key: str
    form_buckets: re.Pattern[str]

    def decide(self, request: Request) -> Admitted | Refused:
        """Admit or refuse a request. Never raises, whatever the request contains."""
        if not request.path.startswith("/"):
            return Refused(400, "the request target is not a path")
        if not _THIS_MACHINE.fullmatch(request.host):
            return Refused(403, "the Host header does not name this machine")
        if self._is_form(request):
            return _admitted(request, _HEADERS_OF_A_FORM)
        if self._is_part(request):
            return _admitted(request, _HEADERS_OF_A_PART)
        if request.is_from_a_browser:
            return Refused(403, "requests from browsers are refused")
        if (request.method, request.path) == SAVE and self._has_key(request):
            return Admitted(request.headers)
        if request.path.startswith(_MINISTACKS_OWN):
            is_needed = (request.method, "/".join(request.path.split("/")[:3])) in _NEEDED
            return Admitted(request.headers) if is_needed else Refused(404, "there is no such path")
        return Admitted(request.headers) if request.is_signed else Refused(403, "the request is not signed")

    def _has_key(self, request: Request) -> bool:
        keys = [value for name, value in request.headers if name == KEY.lower().encode()]
        return any(hmac.compare_digest(key, self.key.encode()) for key in keys)

    def _is_form(self, request: Request) -> bool:
        """Tell whether a request posts a form to a bucket, or is the preflight of one that does."""
        bucket = request.path.strip("/")
        if request.query or not self.form_buckets.fullmatch(bucket):
            return False
        if request.method == "OPTIONS":
            return True
        content_types = request.values(b"content-type")
        return request.method == "POST" and [value.split(";")[0].strip() for value in content_types] == [
            "multipart/form-data"
        ]

    def _is_part(self, request: Request) -> bool:
        """Tell whether a request puts a part by a presigned URL, which MiniStack verifies, or is its preflight."""
        target = _PART.fullmatch(request.path)
        if request.method not in ("PUT", "OPTIONS") or not target or not self.form_buckets.fullmatch(target["bucket"]):
            return False
        named = parse_qsl(request.query, keep_blank_values=True)
        query = dict(named)
        return (
            len(named) == len(query)
            and query.keys() == _NAMES_IN_A_PART
            and query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
            and {"content-length", "host"} <= set(query["X-Amz-SignedHeaders"].split(";"))
        )


def _admitted(request: Request, headers: frozenset[bytes]) -> Admitted:
    kept = headers | (_PREFLIGHT_HEADERS if request.method == "OPTIONS" else frozenset())
    return Admitted([header for header in request.headers if header[0] in kept], with_cors=True)


def guarded(application: Application, rules: Rules) -> Application:
    """Wrap `application` (ASGI 3) so that it gets only requests that `rules` admit."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing here uses them
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            request = Request.from_scope(scope)
            decision = rules.decide(request)
            if isinstance(decision, Refused):
                await _refuse(decision, request, send)
            else:
                scope["headers"] = list(decision.headers)
                await application(scope, receive, send if decision.with_cors else _without_cors(send))

    return guard


def _without_cors(send: Send) -> Send:
    async def send_without_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [header for header in message["headers"] if not header[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": headers}
        await send(message)

    return send_without_cors


async def _refuse(refused: Refused, request: Request, send: Send) -> None:
    headers, body = refused.to_response(request)
    await send({"type": "http.response.start", "status": refused.status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})
