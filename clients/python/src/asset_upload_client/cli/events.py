"""`assets events`."""

import json as json_format
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Annotated

import typer

from asset_upload_client.cli import output
from asset_upload_client.cli.context import usage_error
from asset_upload_client.errors import WebhookNotVerified
from asset_upload_client.webhooks import Event, verify_webhook

SECRET_VARIABLE = "ASSETS_WEBHOOK_SECRET"  # noqa: S105 - a variable's name
_MAX_BYTES = 1024 * 1024
_TIMEOUT_SECONDS = 10


def events(
    listen: Annotated[int, typer.Option(min=0, max=65535, metavar="PORT", help="The local port to listen on.")],
    secret: Annotated[
        str | None,
        typer.Option(envvar=SECRET_VARIABLE, help=f"whsec_…; other users can see it here: prefer {SECRET_VARIABLE}."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each event as a line of JSON.")] = False,
) -> None:
    """Receive events, verify them and print them until Ctrl-C.

    Example: assets events --listen 9000
    """
    if not secret:
        usage_error(f"No webhook secret. Set {SECRET_VARIABLE}.")

    settings = {"secrets": tuple(secret.replace(",", " ").split()), "as_json": json}
    receiver = type("Receiver", (_Receiver,), settings)
    with ThreadingHTTPServer(("127.0.0.1", listen), receiver) as server:
        output.say(f"Listening at http://127.0.0.1:{server.server_address[1]}/ (Ctrl-C to stop)")
        server.serve_forever()


class _Receiver(BaseHTTPRequestHandler):
    """Responds 204 to a verified event, 400 to anything else."""

    secrets: tuple[str, ...] = ()
    as_json = False
    timeout = _TIMEOUT_SECONDS

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()) or int(length) > _MAX_BYTES:
            self._respond(400)
            return
        try:
            event = verify_webhook(self.rfile.read(int(length)), dict(self.headers), self.secrets)
        except WebhookNotVerified as error:
            output.print_error(f"Refused: {error}")
            self._respond(400)
        else:
            self._print(event)
            self._respond(204)

    def _print(self, event: Event) -> None:
        if self.as_json:
            output.print_line(json_format.dumps({"id": self.headers["webhook-id"], **event}, ensure_ascii=False))
        else:
            output.print_line(f"{event['timestamp']}  {event['type']:<16}  {json_format.dumps(event['data'])}")

    def _respond(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing: events are printed as they arrive."""


def register(app: typer.Typer) -> None:
    app.command("events")(events)
