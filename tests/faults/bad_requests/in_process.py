"""The API in this process as a WSGI application: the template's routes, API Gateway's events, the functions' handlers.

An invocation through the emulator takes about 50 ms in addition to the function's time; here it takes none.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from functions.change import app as change
from functions.delete import app as delete
from functions.frames import app as frames
from functions.generate import app as generate
from functions.list import app as list_
from functions.parts import app as parts
from functions.renditions import app as renditions
from functions.upload import app as upload
from functions.webhook import app as webhook
from local.edge_function import EdgeFunction
from tests.functions import gateway
from tests.template import cloudformation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Handler = Callable[[dict[str, Any], Any], Any]
EDGE_FUNCTION = cloudformation.ROOT / "edge" / "viewer-request.js"
HANDLERS: dict[str, Handler] = {
    "functions/change": change.handler,
    "functions/frames": frames.handler,
    "functions/renditions": renditions.handler,
    "functions/upload": upload.handler,
    "functions/list": list_.handler,
    "functions/parts": parts.handler,
    "functions/delete": delete.handler,
    "functions/generate": generate.handler,
    "functions/webhook": webhook.handler,
}


def routes() -> Iterator[tuple[str, re.Pattern[str], Handler]]:
    """Return method, path and function of each route in the template; the default route comes last."""
    otherwise = None
    for resource in cloudformation.load()["Resources"].values():
        properties = resource.get("Properties", {})
        for event in properties.get("Events", {}).values():
            if event["Type"] != "HttpApi":
                continue
            handler = HANDLERS[properties["CodeUri"].rstrip("/")]
            if "Path" in event["Properties"]:
                path = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(event["Properties"]["Path"]))
                yield event["Properties"]["Method"], re.compile(path), handler
            else:
                otherwise = handler
    assert otherwise
    yield "", re.compile(".*", re.DOTALL), otherwise


@dataclass
class Api:
    """The functions behind CloudFront, with a count of their requests."""

    before: Callable[[], None] = lambda: None
    """Run before each request: time passes, for example."""
    requests: int = 0
    _routes: list[tuple[str, re.Pattern[str], Handler]] = field(default_factory=lambda: list(routes()))
    _edge: EdgeFunction = field(default_factory=lambda: EdgeFunction(EDGE_FUNCTION.read_text()))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.requests += 1
        self.before()
        method, path, query = environ["REQUEST_METHOD"], environ["REQUEST_URI"], environ["QUERY_STRING"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {name: {"value": value} for name, value in _headers(environ)}
        request = {"method": method, "uri": path, "headers": headers, "querystring": {}, "cookies": {}}
        outcome = self._edge.run({"context": {"requestId": "1"}, "request": request})
        edge_headers = {name: header["value"] for name, header in outcome.value["headers"].items()}
        if outcome.is_response:
            start_response(_status_line(outcome.value["statusCode"]), list(edge_headers.items()))
            return [outcome.value["body"]["data"].encode()]
        assert outcome.origins == ["api"], f"{method} {path} is for a bucket"
        received = {**edge_headers, "x-origin-secret": gateway.ORIGIN_SECRET}
        event = gateway.event(method, f"{path}?{query}" if query else path, received, body)
        response = self._function(method, event["rawPath"])(event, gateway.Context())
        start_response(_status_line(response["statusCode"]), list(response["headers"].items()))
        return [response["body"].encode()]

    def _function(self, method: str, path: str) -> Handler:
        return next(
            handler for its, pattern, handler in self._routes if its in ("", method) and pattern.fullmatch(path)
        )


def _headers(environ: "WSGIEnvironment") -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value):
            yield name.removeprefix("HTTP_").replace("_", "-").lower(), value


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
