"""A stub with canned responses of DynamoDB, S3, SQS and the provider, to measure only a function's own time."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE_ITEMS = 51  # a page of 50, and one more to show that another page follows
_FIRST_ID = 0x019A87903D807C4A9B1E5F0F9A621D72
REGISTER = {
    # t0 to t9 are read by the frozen fixtures.
    **{f"t{i}": {"N": "0" if i else "1763210096000"} for i in range(10)},
    **{f"minute{i}": {"L": [{"N": "1763210096000"}]} for i in range(2)},
    "newest": {"N": "1763210096000"},
    **{f"a{i}": {"S": "" if i else str(uuid.UUID(int=_FIRST_ID))} for i in range(10)},
}


def _asset(number: int) -> dict[str, Any]:
    return {
        "owner": {"S": "alice"},
        "sk": {"S": f"asset#{uuid.UUID(int=_FIRST_ID - (number << 80))}"},
        "filename": {"S": f"holiday-{number}.jpg"},
        "file_type": {"S": "image/jpeg"},
        "size_bytes": {"N": "2048576"},
        "source": {"S": "upload"},
        "sha256": {"S": "0123456789abcdef" * 4},
        "width": {"N": "4000"},
        "height": {"N": "3000"},
    }


_RESPONSES: dict[str, bytes] = {
    operation: json.dumps(response).encode()
    for operation, response in {
        "UpdateItem": {"Attributes": REGISTER},
        "Query": {"Items": [_asset(number) for number in range(PAGE_ITEMS)], "Count": PAGE_ITEMS},
        # No job is due. `reconcile` makes all of its queries to the secondary index.
        "Query InFlight": {"Items": [], "Count": 0},
        "BatchGetItem": {"Responses": {"assets": [_asset(0)]}, "UnprocessedKeys": {}},
        "SendMessage": {"MessageId": "059f36b4-87a3-44ab-83d2-661975830a7d"},
    }.items()
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # With Nagle's algorithm, a response's body would wait 40 ms for the client's delayed acknowledgment of its headers.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "delete" in parse_qs(urlsplit(self.path).query, keep_blank_values=True):
            self._respond(200, b"<DeleteResult></DeleteResult>", "application/xml")
            return
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation == "Query" and b'"IndexName"' in body:
            operation = "Query InFlight"
        self._respond(200, _RESPONSES.get(operation, b"{}"), "application/x-amz-json-1.0")

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "list-type" in query:
            self._respond(200, b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>", "application/xml")
        elif "uploads" in query:
            nothing = b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
            self._respond(200, nothing, "application/xml")
        elif "versions" in query:
            nothing = b"<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"
            self._respond(200, nothing, "application/xml")
        else:
            self._respond(404, b"<Error><Code>NoSuchKey</Code><Message>None</Message></Error>", "application/xml")

    def do_HEAD(self) -> None:
        self._respond(404, b"", "application/xml")

    def do_DELETE(self) -> None:
        self._respond(204, b"", "application/xml")

    def _respond(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", "JKJaXmPLvHcESHA")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  named so in the base class
        """Log nothing: a line per request would be noise."""


@contextmanager
def stub_aws() -> Iterator[str]:
    """Run the server and yield its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
