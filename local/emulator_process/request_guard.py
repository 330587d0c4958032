"""Decides which requests reach MiniStack: a browser's never do, but for the post of an upload form.

MiniStack 1.5.33 takes any signature for the root user's key, takes unsigned requests to S3 for the root user's, answers
`Access-Control-Allow-Origin: *`, and serves its own `/_ministack` without any credentials. So while it runs, each page
that the developer's browser shows could read functions' settings, run code and erase everything.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from local.front_door_headers import KEY

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

# Has the emulator save its state (`server`). Only who has the run's key may ask for it.
SAVE = ("POST", "/_local/save")
# What MiniStack has for itself, and of that what is needed: with the second, a custom resource's function responds to
# CloudFormation, by a random URL that only the two know.
_MINISTACKS_OWN = "/_"
_NEEDED = {("GET", "/_ministack/health"), ("PUT", "/_ministack/cfn-response")}
_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?")
# Without `Authorization` and `X-Amz-Target`, by which MiniStack would take a form's post for a call of another service.
_HEADERS_OF_A_FORM = frozenset(
    (b"accept", b"content-length", b"content-type", b"expect", b"host", b"origin", b"transfer-encoding", b"user-agent")
)
_PREFLIGHT_HEADERS = frozenset((b"access-control-request-headers", b"access-control-request-method"))


@dataclass(frozen=True, slots=True)
class Request:
    """The head of an HTTP request. `path` is decoded, as MiniStack compares it; header names are in lower case."""

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
        """Empty where it is missing or ambiguous."""
        hosts = self.values(b"host")
        return hosts[0].lower() if len(hosts) == 1 else ""

    @property
    def is_from_a_browser(self) -> bool:
        # No page can leave these out or change them: they are forbidden request headers (Fetch, section 2.2.2).
        return any(
            name == b"origin" or name.startswith((b"sec-fetch-", *_PREFLIGHT_HEADERS)) for name, _ in self.headers
        )

    @property
    def is_signed(self) -> bool:
        """Whether it bears a signature at all. MiniStack verifies it."""
        authorization = self.values(b"authorization")
        return (len(authorization) == 1 and authorization[0].startswith("AWS4-HMAC-SHA256 ")) or (
            not authorization and "X-Amz-Signature" in parse_qs(self.query)
        )


@dataclass(frozen=True, slots=True)
class Admitted:
    """What MiniStack may see of a request, and whether a browser may be told by CORS headers what it responds."""

    headers: Headers
    with_cors: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request goes no further."""

    status: int
    reason: str

    def to_response(self, request: Request) -> tuple[Headers, bytes]:
        """In the form that an SDK understands of the service that it calls."""
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
            (b"connection", b"close"),  # the request's body, if any, is not read
        ], body


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom the emulator serves.

    `key` is known to the processes of this run only. `form_buckets` matches the names of buckets that take forms.
    """

    key: str
    form_buckets: re.Pattern[str]

    def decide(self, request: Request) -> Admitted | Refused:
        """Admit a request, or say why not. Raises nothing, whatever the request holds."""
        if not request.path.startswith("/"):
            return Refused(400, "the request target is no path")
        if not _THIS_MACHINE.fullmatch(request.host):
            return Refused(403, "the Host is not this machine's")
        if self._is_form(request):
            kept = _HEADERS_OF_A_FORM | (_PREFLIGHT_HEADERS if request.method == "OPTIONS" else frozenset())
            return Admitted([header for header in request.headers if header[0] in kept], with_cors=True)
        if request.is_from_a_browser:
            return Refused(403, "requests of browsers are refused")
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
        """Whether it posts a form to a bucket, or asks beforehand whether it may."""
        bucket = request.path.strip("/")
        if request.query or not self.form_buckets.fullmatch(bucket):
            return False
        if request.method == "OPTIONS":
            return True
        content_types = request.values(b"content-type")
        return request.method == "POST" and [value.split(";")[0].strip() for value in content_types] == [
            "multipart/form-data"
        ]


def guarded(application: Application, rules: Rules) -> Application:
    """`application` (ASGI 3), which then sees only what `rules` admit."""

    async def guard(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing here has any
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
