"""A webhook receiver: `ASSETS_WEBHOOK_SECRET=whsec_… python receiver.py` listens on port 9000, or PORT."""

import logging
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asset_upload_client import Event, WebhookNotVerified, verify_webhook

SECRET = os.environ["ASSETS_WEBHOOK_SECRET"]
# In production, use your database: the same event may arrive twice, even at the same time.
seen: set[str] = set()
log = logging.getLogger("receiver")


def handle(event: Event) -> None:
    """Put your own work here; if it takes more than a few seconds, queue it and respond first."""
    log.info("%s %s", event["type"], event["data"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        # The raw bytes: parsed and serialized again, they would have another signature.
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = verify_webhook(body, dict(self.headers), SECRET)
        except WebhookNotVerified:
            self.respond(400)
            return
        event_id = self.headers["webhook-id"]
        if event_id not in seen:
            handle(event)
            seen.add(event_id)
        self.respond(204)

    def respond(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "9000"))), Receiver).serve_forever()
