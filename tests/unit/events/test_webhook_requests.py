"""Attempts to deliver an event, against receivers of every kind."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from asset_api.events.webhook_requests import NotDeliveredError, WebhookSender

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"asset.published","data":{"filename":"Ä.png"}}'.encode()


class Receiver:
    """Send a response in pieces with pauses between them to every client, and record the requests."""

    def __init__(self, *pieces: bytes, pause: float = 0) -> None:
        self.pieces, self.pause = pieces, pause
        self.requests: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://localhost:{self.socket.getsockname()[1]}/hook?a=b"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self._respond(connection)

    def _respond(self, connection: socket.socket) -> None:
        with connection:
            request = b""
            while BODY not in request and (received := connection.recv(65536)):
                request += received
            self.requests.append(request)
            try:
                for piece in self.pieces:
                    connection.sendall(piece)
                    time.sleep(self.pause)
            except OSError:
                return


@contextmanager
def receiving(*pieces: bytes, pause: float = 0) -> Iterator[Receiver]:
    receiver = Receiver(*pieces, pause=pause)
    try:
        yield receiver
    finally:
        receiver.socket.close()


def sender(*, allow_private: bool = True, timeout_seconds: float = 10) -> WebhookSender:
    return WebhookSender((SECRET,), allow_private, lambda: datetime.now(UTC), timeout_seconds=timeout_seconds)


def local(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_2xx_acknowledges_a_verifiable_request(status: int) -> None:
    with receiving(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status) as receiver:
        sender().send(receiver.url, "asset_published_1", BODY)
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    assert line == "POST /hook?a=b HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert headers["host"] == receiver.url.split("/")[2]
    Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiving(b"HTTP/1.1 204 X\r\n\r\n") as elsewhere:
        response = f"HTTP/1.1 {status} X\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        with receiving(response.encode()) as receiver, pytest.raises(NotDeliveredError, match=str(status)):
            sender().send(receiver.url, "id", BODY)
        assert elsewhere.requests == []


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_other_statuses_do_not_acknowledge(status: int) -> None:
    response = b"HTTP/1.1 %d X\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n" % status
    with receiving(response) as receiver, pytest.raises(NotDeliveredError, match=str(status)) as raised:
        sender().send(receiver.url, "id", BODY)
    assert raised.value.retry_after == 120


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "9" * 5000, "\u0661"])
def test_a_malformed_retry_after_is_ignored(value: str) -> None:
    response = f"HTTP/1.1 503 X\r\nRetry-After: {value}\r\nContent-Length: 0\r\n\r\n".encode()
    with receiving(response) as receiver, pytest.raises(NotDeliveredError) as raised:
        sender().send(receiver.url, "id", BODY)
    assert raised.value.retry_after == 0


def test_an_endless_body_is_not_read() -> None:
    """Otherwise, it would exceed the sender's time."""
    with receiving(b"HTTP/1.1 200 X\r\n\r\n", *[b"x" * 65536] * 100_000, pause=0.01) as receiver:
        sender().send(receiver.url, "id", BODY)


@pytest.mark.parametrize("pieces", [[b""] * 2000, [b"HTTP/1.1 200 X\r\n", *[b"X-A: b\r\n"] * 2000]])
def test_a_timeout_does_not_acknowledge(pieces: list[bytes]) -> None:
    """Neither silence nor an occasional header keeps the connection open."""
    with receiving(*pieces, pause=0.05) as receiver:
        started = time.monotonic()
        with pytest.raises(NotDeliveredError, match="did not respond"):
            sender(timeout_seconds=0.5).send(receiver.url, "id", BODY)
        assert time.monotonic() - started < 30  # of a hundred


@pytest.mark.parametrize("response", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 xyz\r\n\r\n", b"\x00" * 70000])
def test_a_malformed_response_does_not_acknowledge(response: bytes) -> None:
    with receiving(response) as receiver, pytest.raises(NotDeliveredError, match="did not respond"):
        sender().send(receiver.url, "id", BODY)


def test_a_refused_connection_does_not_acknowledge() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotDeliveredError, match="did not respond"):
        sender().send(f"http://127.0.0.1:{port}/", "id", BODY)


@pytest.mark.parametrize(
    "url", ["http://example.com/", "ftp://example.com/", "https://u:p@example.com/", "https://", ""]
)
def test_on_aws_only_https_urls_are_requested(url: str) -> None:
    with pytest.raises(NotDeliveredError, match=r"malformed|not https"):
        sender(allow_private=False).send(url, "id", BODY)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::a9fe:a9fe"])
def test_on_aws_no_private_address_is_connected_to(address: str) -> None:
    made = WebhookSender((SECRET,), False, lambda: datetime.now(UTC), lambda _host, _port: [address])
    with pytest.raises(NotDeliveredError, match="private"):
        made.send("https://hooks.example.com/", "id", BODY)


def test_a_name_that_does_not_resolve_is_retried() -> None:
    with pytest.raises(NotDeliveredError, match="resolved"):
        sender().send("http://nothing.invalid/", "id", BODY)
