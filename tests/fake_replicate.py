"""The part of Replicate's HTTP API that the functions use, in this process; it misbehaves on request.

Time stands still: only tests change predictions.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.serving import Handler, serving

Document = dict[str, Any]
PAGE_SIZE = 100


@dataclass(frozen=True)
class Problem:
    """An error response (RFC 9457); with `creates`, the prediction is created all the same."""

    status: int
    body: Document = field(default_factory=dict)
    creates: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Silence:
    """A connection that is closed without a response."""

    creates: bool = False


@dataclass(frozen=True)
class File:
    """The file at an output's URL. `length` is its Content-Length, None for a chunked body."""

    data: bytes
    status: int = 200
    length: int | None = -1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeReplicate:
    url: str
    predictions: dict[str, Document] = field(default_factory=dict)
    created: list[Document] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    misbehavior: list[Problem | Silence | Callable[[], None]] = field(default_factory=list)
    """Consumed by the next creates, one each; a function runs before a normal response."""
    outages: list[Problem | Silence] = field(default_factory=list)
    """Consumed by the next other requests, one each."""
    before_responses: list[Callable[[], None]] = field(default_factory=list)
    """Run after the next creates, one each, before the response."""
    files: dict[str, File] = field(default_factory=dict)
    shows_webhooks: bool = True
    lists_webhooks: bool = False
    model: str | None = None
    """The model in every response, whatever was requested."""

    def put(self, name: str, file: File) -> str:
        """Return the URL of an output."""
        self.files[f"/outputs/{name}"] = file
        return f"{self.url}/outputs/{name}"

    def becomes(self, status: str, output: Any = None, *, error: str | None = None) -> str:
        """Change the newest prediction's state; return its id."""
        prediction = list(self.predictions.values())[-1]
        prediction |= {"status": status, "output": output, "error": error}
        return str(prediction["id"])

    @property
    def statuses(self) -> list[str]:
        return [prediction["status"] for prediction in self.predictions.values()]

    def forget(self) -> None:
        """Reset everything."""
        for kept in (self.predictions, self.files):
            kept.clear()
        for kept_in_order in (self.created, self.requests, self.misbehavior, self.outages, self.before_responses):
            kept_in_order.clear()
        self.shows_webhooks, self.lists_webhooks, self.model = True, False, None

    def create(self, path: str, body: Document) -> Document:
        self.created.append(body)
        prediction_id = f"p{len(self.predictions):025d}"
        owner_and_name = path.removeprefix("/v1/models/").removesuffix("/predictions")
        self.predictions[prediction_id] = {
            "id": prediction_id,
            "model": self.model or (owner_and_name if owner_and_name != "/v1" else body["version"].partition(":")[0]),
            "version": body.get("version", "hidden"),
            "input": body["input"],
            "webhook": body.get("webhook"),
            "status": "starting",
            "output": None,
            "error": None,
            "created_at": datetime.now(UTC).isoformat(),
        }
        return self.predictions[prediction_id]

    def shown(self, prediction: Document, *, webhook: bool) -> Document:
        return {name: value for name, value in prediction.items() if name != "webhook" or webhook}


class Provider(Handler):
    """Handler of requests to a `FakeReplicate`."""

    fake: FakeReplicate

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._note()
        path = urlsplit(self.path).path
        if path.endswith("/cancel"):
            self._cancel(path.split("/")[3])
            return
        self._create(path, json.loads(body))

    def _create(self, path: str, document: Document) -> None:
        behavior = self.fake.misbehavior.pop(0) if self.fake.misbehavior else None
        if isinstance(behavior, Problem | Silence):
            if behavior.creates:
                self.fake.create(path, document)
            self._misbehave(behavior)
            return
        if behavior is not None:
            behavior()
        prediction = self.fake.create(path, document)
        response = self.fake.shown(dict(prediction), webhook=self.fake.shows_webhooks)
        if self.fake.before_responses:
            self.fake.before_responses.pop(0)()
        self._respond(201, response)

    def do_GET(self) -> None:
        self._note()
        path = urlsplit(self.path).path
        if path in self.fake.files:
            self._send(self.fake.files[path])
        elif self.fake.outages:
            self._misbehave(self.fake.outages.pop(0))
        elif path == "/v1/predictions":
            self._list()
        else:
            self._show(path.rpartition("/")[2])

    def _list(self) -> None:
        newest = [*reversed(self.fake.predictions.values())]
        (start,) = parse_qs(urlsplit(self.path).query).get("cursor", ["0"])
        end = int(start) + PAGE_SIZE
        results = [self.fake.shown(one, webhook=self.fake.lists_webhooks) for one in newest[int(start) : end]]
        following = f"{self.fake.url}/v1/predictions?cursor={end}" if end < len(newest) else None
        self._respond(200, {"results": results, "next": following, "previous": None})

    def _note(self) -> None:
        self.fake.requests.append((self.command, self.path, dict(self.headers.items())))

    def _cancel(self, prediction_id: str) -> None:
        if self.fake.outages:
            self._misbehave(self.fake.outages.pop(0))
            return
        prediction = self.fake.predictions.get(prediction_id)
        if prediction is not None and prediction["status"] in ("starting", "processing"):
            prediction["status"] = "canceled"
        self._show(prediction_id)

    def _show(self, prediction_id: str) -> None:
        if prediction_id in self.fake.predictions:
            self._respond(200, self.fake.shown(self.fake.predictions[prediction_id], webhook=self.fake.shows_webhooks))
        else:
            self._respond(404, {"detail": "The requested resource could not be found.", "status": 404})

    def _misbehave(self, behavior: Problem | Silence) -> None:
        if isinstance(behavior, Silence):
            self.close_connection = True
            return
        self._respond(behavior.status, {"status": behavior.status, **behavior.body}, behavior.headers)

    def _respond(self, status: int, document: Document, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(document).encode()
        self._send(File(data, status, headers={"Content-Type": "application/json", **(headers or {})}))

    def _send(self, file: File) -> None:
        self.send_response(file.status)
        for name, value in file.headers.items():
            self.send_header(name, value)
        if file.length is None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(file.data), file.data))
            return
        length = len(file.data) if file.length == -1 else file.length
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(file.data)
        self.close_connection = length != len(file.data)


@contextmanager
def running() -> Iterator[FakeReplicate]:
    """Serve on this machine until the end of the block."""
    fake = FakeReplicate("")
    with serving(type("Provider", (Provider,), {"fake": fake})) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake
