"""A webhook receiver that verifies events with the specification's own library."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from tests.e2e.client import eventually


@dataclass
class Delivery:
    """One attempt: the event's id, the attempt's time, and the payload, which is verified."""

    event_id: str
    timestamp: str
    payload: Any


@dataclass
class Receiver:
    """Records deliveries in order, and responds with the next of the event's `statuses`, or 204."""

    url: str = ""
    secret: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    statuses: dict[str, list[int]] = field(default_factory=dict)

    def take(self, headers: dict[str, str], body: bytes) -> int:
        payload = Webhook(self.secret).verify(body, headers)
        event_id = headers["webhook-id"]
        self.deliveries.append(Delivery(event_id, headers["webhook-timestamp"], payload))
        statuses = self.statuses.get(event_id)
        return statuses.pop(0) if statuses else 204

    def wait_for(self, event_id: str, count: int = 1) -> Delivery:
        """Wait until the event has been delivered this many times; return the last delivery."""

        def look() -> Delivery | None:
            found = [delivery for delivery in self.deliveries if delivery.event_id == event_id]
            return found[count - 1] if len(found) >= count else None

        return eventually(f"{event_id} delivered {count} times", look)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a port of this machine."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing, because `deliveries` has everything."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://localhost:{server.server_address[1]}/hook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()
