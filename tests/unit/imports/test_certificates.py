"""Imports over HTTPS: the certificate must be valid for the host. Each address is a port of this machine."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import urllib3.util.connection
import urllib3.util.ssl_
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from asset_api.imports.public_hosts import PublicHosts
from asset_api.jobs.downloads import Downloader, DownloadFailedError, RefusedDownloadError

HOST, ADDRESS = "images.example", "93.184.215.14"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nbytes"
NO_CERTIFICATE = "The URL is on a host without a valid certificate"


@cache
def authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """The only certificate authority that the downloader trusts in these tests."""
    key = ec.generate_private_key(ec.SECP256R1())
    signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    made = (
        _builder("Authority", "Authority", key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, made.sign(key, hashes.SHA256())


def certificate(*names: x509.GeneralName, self_signed: bool = False, days: int = 30) -> bytes:
    """Issue a certificate for these names; return it and its key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    signing_key, _ = authority()
    issuer_name = HOST if self_signed else "Authority"
    builder = _builder(HOST, issuer_name, key, days=days).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key((key if self_signed else signing_key).public_key()),
        critical=False,
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(key if self_signed else signing_key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, *, days: int = 30) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
    )


@dataclass
class Host:
    """A host with one certificate, and the names that clients request (SNI)."""

    asked_for: list[str | None] = field(default_factory=list)

    def read(self) -> bytes:
        downloader = Downloader(PublicHosts(allow_private=False), lambda _host, _port: [ADDRESS])
        with downloader.open(f"https://{HOST}/a.jpg", max_bytes=100, max_seconds=10) as download:
            return b"".join(download.chunks)


Start = Callable[[bytes | None], Host]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start the host with a certificate or without TLS, and let the downloader trust only `authority`."""
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority()[1].public_bytes(serialization.Encoding.PEM))
    make_context = urllib3.util.ssl_.create_urllib3_context

    def trusting_context(*args: object, **kwargs: object) -> ssl.SSLContext:
        made: ssl.SSLContext = make_context(*args, **kwargs)  # type: ignore[arg-type]
        made.load_verify_locations(trusted)
        return made

    monkeypatch.setattr("urllib3.connection.create_urllib3_context", trusting_context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def connect(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
            assert address == (ADDRESS, 443)
            return socket.create_connection(server.getsockname(), timeout=10)

        monkeypatch.setattr(urllib3.util.connection, "create_connection", connect)

        def start_host(pem: bytes | None) -> Host:
            host, context = Host(), None
            if pem is not None:
                (tmp_path / "host.pem").write_bytes(pem)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(tmp_path / "host.pem")
                context.sni_callback = lambda _socket, name, _context: host.asked_for.append(name)
            threading.Thread(target=_serve, args=(server, context), daemon=True).start()
            return host

        yield start_host
        server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(connection, server_side=True) if context else connection as opened:
                opened.recv(65536)
                opened.sendall(RESPONSE)
        except OSError:  # the client has refused the certificate
            connection.close()


def test_a_certificate_for_the_host_is_accepted(start: Start) -> None:
    host = start(certificate(x509.DNSName(HOST)))
    assert host.read() == b"bytes"
    assert host.asked_for == [HOST]


@pytest.mark.parametrize(
    "pem",
    [
        lambda: certificate(x509.DNSName(HOST), self_signed=True),
        lambda: certificate(x509.DNSName("other.example")),
        lambda: certificate(x509.DNSName("*.images.example")),
        lambda: certificate(x509.IPAddress(ipaddress.ip_address(ADDRESS))),
        lambda: certificate(),
        lambda: certificate(x509.DNSName(HOST), days=-1),
    ],
    ids=["self-signed", "of another name", "of names below", "of the address", "of no name", "expired"],
)
def test_any_other_certificate_is_refused_with_a_reason(start: Start, pem: Callable[[], bytes]) -> None:
    with pytest.raises(RefusedDownloadError, match=NO_CERTIFICATE):
        start(pem()).read()


def test_a_host_without_tls_is_retried(start: Start) -> None:
    with pytest.raises(DownloadFailedError):
        start(None).read()
