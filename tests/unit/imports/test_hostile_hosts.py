"""Hosts that attack clients who download from them. Each address of this internet is a port of this machine."""

import gzip
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import repeat

import pytest
import urllib3.util.connection

from asset_api.imports.public_hosts import PublicHosts
from asset_api.jobs.downloads import Downloader, DownloadFailedError, RefusedDownloadError
from tests.unit.imports.test_public_hosts import PRIVATE

MAX_BYTES = 100_000
PUBLIC_ADDRESS = "93.184.215.14"
Respond = Callable[[socket.socket], None]


@dataclass
class Internet:
    """Names, addresses, and the connections made."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    """DNS responses for each name, in order; the last one is repeated."""
    responses: list[Respond] = field(default_factory=lambda: [ok(b"bytes")])
    """Responses to the next connections, in order; the last one is repeated."""
    connected: list[tuple[str, int]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)

    def resolve(self, host: str, _port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            answers = self.answers.get(host, [[PUBLIC_ADDRESS]])
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def read(self, url: str = "http://images.example/a.jpg", *, max_seconds: float = 10) -> bytes:
        downloader = Downloader(PublicHosts(allow_private=False), self.resolve)
        with downloader.open(url, max_bytes=MAX_BYTES, max_seconds=max_seconds) as download:
            return b"".join(download.chunks)

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.requests.append(connection.recv(65536))
                respond = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
                respond(connection)
            except OSError:  # the client has closed the connection
                return


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    net = Internet()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=net.serve, args=(connection,), daemon=True).start()

        def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
            net.connected.append(address)
            made = socket.create_connection(server.getsockname())
            made.settimeout(60)
            return made

        monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)
        threading.Thread(target=accept, daemon=True).start()
        yield net
        server.shutdown(socket.SHUT_RDWR)


def response(head: str, body: bytes = b"") -> Respond:
    return lambda connection: connection.sendall((head + "\n").replace("\n", "\r\n").encode() + b"\r\n" + body)


def redirect_to(location: str) -> Respond:
    return response(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0")


def ok(body: bytes) -> Respond:
    return response(f"HTTP/1.1 200 OK\nContent-Length: {len(body)}", body)


def trickle(first: str, then: bytes) -> Respond:
    """Send the start of a response, then a little at a time until the client closes the connection."""

    def respond(connection: socket.socket) -> None:
        connection.sendall(first.replace("\n", "\r\n").encode())
        for piece in repeat(then):
            connection.sendall(piece)
            time.sleep(0.02)

    return respond


def test_connects_to_the_checked_address(internet: Internet) -> None:
    """DNS rebinding: each connection uses a single lookup, so that a changed response has no effect."""
    internet.answers["images.example"] = [[PUBLIC_ADDRESS], ["127.0.0.1"]]
    internet.responses = [ok(b"bytes")]
    assert internet.read() == b"bytes"
    assert internet.connected == [(PUBLIC_ADDRESS, 80)]
    assert b"\r\nHost: images.example\r\n" in internet.requests[0]


def test_a_name_that_becomes_private_is_refused_after_a_redirect(internet: Internet) -> None:
    internet.answers["images.example"] = [[PUBLIC_ADDRESS], ["127.0.0.1"]]
    internet.responses = [redirect_to("/again")]
    with pytest.raises(RefusedDownloadError, match="private"):
        internet.read()
    assert internet.connected == [(PUBLIC_ADDRESS, 80)]


@pytest.mark.parametrize("address", PRIVATE)
def test_one_private_address_among_public_ones_is_refused(internet: Internet, address: str) -> None:
    internet.answers["images.example"] = [[PUBLIC_ADDRESS, address]]
    with pytest.raises(RefusedDownloadError, match="private"):
        internet.read()
    assert internet.connected == []


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/iam", "http://[::1]/", "http://[fd00:ec2::254]/",
     "//169.254.169.254/", "http://2130706433/", "http://0x7f.1/", "http://[::ffff:127.0.0.1]/",
     "http://[64:ff9b::a9fe:a9fe]/", "http://metadata.example/", "http://user:pw@images.example/",
     "http://images.example:22/", "https://images.example:8443/", "file:///etc/passwd", "ftp://images.example/",
     "gopher://images.example/", "data:,bytes", "//[", "http://a..b/", "http://[fe80::1%25eth0]/"],
)  # fmt: skip
def test_every_redirect_is_checked_like_the_url(internet: Internet, location: str) -> None:
    internet.answers["metadata.example"] = [["169.254.169.254"]]
    internet.responses = [redirect_to(location), ok(b"secret")]
    with pytest.raises(RefusedDownloadError):
        internet.read()
    assert internet.connected == [(PUBLIC_ADDRESS, 80)]


def test_follows_at_most_five_redirects(internet: Internet) -> None:
    internet.responses = [*(redirect_to(f"http://host-{number}.example/") for number in range(5)), ok(b"bytes")]
    assert internet.read() == b"bytes"
    internet.connected.clear()
    internet.responses = [redirect_to("/again")]
    with pytest.raises(RefusedDownloadError, match="too often"):
        internet.read()
    assert len(internet.connected) == 6


def test_a_redirect_reveals_nothing_of_the_first_request(internet: Internet) -> None:
    cookie = "HTTP/1.1 302 Found\nSet-Cookie: a=b\nLocation: http://other.example/\nContent-Length: 0"
    internet.responses = [response(cookie), ok(b"bytes")]
    internet.read("http://images.example/a?token=secret")
    names = {line.partition(b":")[0].lower() for line in internet.requests[1].split(b"\r\n")[1:] if line}
    assert names == {b"host", b"accept-encoding", b"user-agent"}
    assert b"secret" not in internet.requests[1]


@pytest.mark.parametrize(
    "respond",
    [
        trickle("", b""),
        trickle("", b"H"),
        trickle("HTTP/1.1 200 OK\n", b"A"),
        trickle("HTTP/1.1 200 OK\n", b"A: b\r\n"),
        trickle("", b"HTTP/1.1 100 Continue\r\n\r\n"),
        trickle("HTTP/1.1 200 OK\nContent-Length: 90000\n\n", b"b"),
        trickle("HTTP/1.1 200 OK\n\n", b"b"),
        trickle("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", b"0"),
        trickle("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", b"1\r\nb\r\n"),
        trickle("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1;", b"x"),
        trickle("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n", b"X: y\r\n"),
    ],
)
def test_a_slow_host_is_abandoned_at_the_deadline(internet: Internet, respond: Respond) -> None:
    internet.responses = [respond]
    began = time.monotonic()
    with pytest.raises(DownloadFailedError):
        internet.read(max_seconds=0.3)
    assert time.monotonic() - began < 30  # the host never ends


def test_redirects_share_the_time_budget(internet: Internet) -> None:
    def slowly(connection: socket.socket) -> None:
        time.sleep(0.2)
        redirect_to("/again")(connection)

    internet.responses = [slowly]
    with pytest.raises(DownloadFailedError, match="too long"):
        internet.read(max_seconds=0.3)
    assert len(internet.connected) < 4


@pytest.mark.parametrize(
    "respond",
    [
        response("HTTP/1.1 200 OK", b"b" * (MAX_BYTES + 1)),
        response("HTTP/1.1 200 OK\nContent-Length: 100001"),
        response("HTTP/1.1 200 OK\nContent-Length: " + "9" * 5000),
        response("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"fffff\r\n" + b"b" * 0xFFFFF),
    ],
)
def test_a_file_that_is_too_large_is_refused(internet: Internet, respond: Respond) -> None:
    internet.responses = [respond]
    with pytest.raises(RefusedDownloadError, match="too large"):
        internet.read()


def test_a_compressed_body_is_not_decompressed(internet: Internet) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    internet.responses = [response(f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(bomb)}", bomb)]
    assert internet.read() == bomb


@pytest.mark.parametrize(
    "respond",
    [
        response("HTTP/1.1 200 OK\n" + "A: b\n" * 1000 + "Content-Length: 1", b"b"),
        response("HTTP/1.1 200 OK\nA: " + "b" * 1_000_000),
        response("HTTP/1.1 " + "2" * 100_000),
        response("HTTP/1.1 999999999999999999999 OK"),
        response("SSH-2.0-OpenSSH_9.2"),
        response("HTTP/1.1 200 OK\nContent-Length: 10", b"half"),
        response("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\n"),
        response("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"-5\r\nbytes"),
        response("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"5\r\nby"),
        lambda connection: connection.close(),
    ],
)
def test_an_incomplete_response_is_retried(internet: Internet, respond: Respond) -> None:
    internet.responses = [respond]
    with pytest.raises(DownloadFailedError):
        internet.read()
