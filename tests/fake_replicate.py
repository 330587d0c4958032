"""Replicate's HTTP API in this process, as far as the functions use it, and told to misbehave. Its time stands still:
a prediction becomes what a test makes of it."""

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
    """An answer that is an error (RFC 9457); `creates` where the prediction is created all the same."""

    status: int
    body: Document = field(default_factory=dict)
    creates: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Silence:
    """The connection is closed without an answer."""

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
    misbehaviour: list[Problem | Silence | Callable[[], None]] = field(default_factory=list)
    """Of the next creates, one each; a function is run before an answer that is as it should be."""
    outages: list[Problem | Silence] = field(default_factory=list)
    """Of the next requests that create nothing, one each."""
    before_answers: list[Callable[[], None]] = field(default_factory=list)
    """Run when the next predictions have been created, before that is answered."""
    files: dict[str, File] = field(default_factory=dict)
    shows_webhooks: bool = True
    lists_webhooks: bool = False
    model: str | None = None
    """Stated of every prediction, whatever was asked for."""

    def put(self, name: str, file: File) -> str:
        """The URL of an output."""
        self.files[f"/outputs/{name}"] = file
        return f"{self.url}/outputs/{name}"

    def becomes(self, status: str, output: Any = None, *, error: str | None = None) -> str:
        """Make this of the newest prediction; its id."""
        prediction = list(self.predictions.values())[-1]
        prediction |= {"status": status, "output": output, "error": error}
        return str(prediction["id"])

    @property
    def statuses(self) -> list[str]:
        return [prediction["status"] for prediction in self.predictions.values()]

    def forget(self) -> None:
        """Forget everything, as after a start."""
        for kept in (self.predictions, self.files):
            kept.clear()
        for kept_in_order in (self.created, self.requests, self.misbehaviour, self.outages, self.before_answers):
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


def _handler(fake: FakeReplicate) -> type[Handler]:
    class Provider(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._note()
            path = urlsplit(self.path).path
            if path.endswith("/cancel"):
                self._cancel(path.split("/")[3])
                return
            behaviour = fake.misbehaviour.pop(0) if fake.misbehaviour else None
            document = json.loads(body)
            if isinstance(behaviour, Problem | Silence):
                if behaviour.creates:
                    fake.create(path, document)
                self._misbehave(behaviour)
                return
            if behaviour is not None:
                behaviour()
            prediction = fake.create(path, document)
            answer = fake.shown(dict(prediction), webhook=fake.shows_webhooks)
            if fake.before_answers:
                fake.before_answers.pop(0)()
            self._answer(201, answer)

        def do_GET(self) -> None:
            self._note()
            path = urlsplit(self.path).path
            if path in fake.files:
                self._send(fake.files[path])
            elif fake.outages:
                self._misbehave(fake.outages.pop(0))
            elif path == "/v1/predictions":
                self._list()
            else:
                self._show(path.rpartition("/")[2])

        def _list(self) -> None:
            newest = [*reversed(fake.predictions.values())]
            (start,) = parse_qs(urlsplit(self.path).query).get("cursor", ["0"])
            end = int(start) + PAGE_SIZE
            results = [fake.shown(one, webhook=fake.lists_webhooks) for one in newest[int(start) : end]]
            following = f"{fake.url}/v1/predictions?cursor={end}" if end < len(newest) else None
            self._answer(200, {"results": results, "next": following, "previous": None})

        def _note(self) -> None:
            fake.requests.append((self.command, self.path, dict(self.headers.items())))

        def _cancel(self, prediction_id: str) -> None:
            if fake.outages:
                self._misbehave(fake.outages.pop(0))
                return
            prediction = fake.predictions.get(prediction_id)
            if prediction is not None and prediction["status"] in ("starting", "processing"):
                prediction["status"] = "canceled"
            self._show(prediction_id)

        def _show(self, prediction_id: str) -> None:
            if prediction_id in fake.predictions:
                self._answer(200, fake.shown(fake.predictions[prediction_id], webhook=fake.shows_webhooks))
            else:
                self._answer(404, {"detail": "The requested resource could not be found.", "status": 404})

        def _misbehave(self, behaviour: Problem | Silence) -> None:
            if isinstance(behaviour, Silence):
                self.close_connection = True
                return
            self._answer(behaviour.status, {"status": behaviour.status, **behaviour.body}, behaviour.headers)

        def _answer(self, status: int, document: Document, headers: dict[str, str] | None = None) -> None:
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

    return Provider


@contextmanager
def running() -> Iterator[FakeReplicate]:
    """Serve on this machine until the end of the block."""
    fake = FakeReplicate("")
    with serving(_handler(fake)) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake
