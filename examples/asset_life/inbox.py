"""Webhooks that were received and verified, and waiting for those about certain assets or jobs."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asset_upload_client import Event, WebhookNotVerified, verify_webhook


class Inbox:
    """Verified events, each kept once however often it is delivered."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._changed = threading.Condition()

    def add(self, event_id: str, event: Event) -> None:
        with self._changed:
            self._events[event_id] = event
            self._changed.notify_all()

    def wait_for(self, type_: str, ids: Collection[str], *, timeout_seconds: float = 60) -> list[Event]:
        """Return the events of this type about these assets or jobs. Raises TimeoutError if one does not arrive."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._of(type_).keys() >= set(ids), timeout_seconds):
                raise TimeoutError(f"No {type_} of {set(ids) - self._of(type_).keys()} in {timeout_seconds} s")
            return [self._of(type_)[each] for each in ids]

    def _of(self, type_: str) -> dict[str, Event]:
        return {_subject(event): event for event in self._events.values() if event["type"] == type_}


def _subject(event: Event) -> str:
    """Return the id of the job or asset that an event is about."""
    data = event["data"]
    return str(data["job"]["job_id"] if "job" in data else data.get("asset", data)["asset_id"])


@contextmanager
def listening(port: int, secret: str) -> Iterator[Inbox]:
    """Receive webhooks on this port of this machine."""
    inbox = Inbox()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                inbox.add(self.headers["webhook-id"], verify_webhook(body, dict(self.headers), secret))
            except WebhookNotVerified:
                self.send_response(400)
            else:
                self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
            """Log nothing: the script prints the events."""

    with ThreadingHTTPServer(("127.0.0.1", port), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield inbox
        server.shutdown()
