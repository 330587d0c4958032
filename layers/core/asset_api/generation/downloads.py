"""Downloads of what a provider says it has made: from its hosts only, and never from within our own network.

A URL is judged by its parsed parts. The name is resolved once; the address that was judged is the one connected to, so
that a name cannot change its mind (DNS rebinding). Redirects are followed by the same rules.
"""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

CHUNK_BYTES = 1024 * 1024
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
_MAX_REDIRECTS = 3
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
# Addresses that carry another within: a gateway on the way would lead to that (RFC 6052, RFC 3056, RFC 4380).
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))

Resolve = Callable[[str, int], list[str]]


class RefusedDownloadError(Exception):
    """It may not, or can never, be had. The message may be shown: it has no URL in it."""


class DownloadFailedError(Exception):
    """It was not had this time."""


def addresses_of(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver. Raises DownloadFailedError where it has none for now."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise DownloadFailedError("the host's name cannot be resolved") from error


def is_public(address: str) -> bool:
    """Whether an address is on the internet, by the IANA registries of special-purpose addresses."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    is_translated = any(ip.version == network.version and ip in network for network in _TRANSLATED)
    return ip.is_global and not ip.is_multicast and not is_translated


@dataclass(frozen=True, slots=True)
class Downloader:
    """`origins` are scheme, host and port; of one with https, subdomains too. `allow_private` is for an emulator, where
    everything is on this machine and speaks plain HTTP."""

    origins: tuple[str, ...]
    allow_private: bool
    resolve: Resolve = addresses_of
    monotonic: Callable[[], float] = time.monotonic

    @contextmanager
    def open(self, url: str, *, max_bytes: int, max_seconds: float) -> Iterator[Iterator[bytes]]:
        """The bytes at `url`, in chunks of at most 1 MiB.

        Raises RefusedDownloadError where the URL, its address or a redirect is not allowed, it is gone, or has more
        than `max_bytes`; DownloadFailedError where a later attempt may have it. So do the chunks.
        """
        ends_at = self.monotonic() + max_seconds
        for _ in range(_MAX_REDIRECTS + 1):
            parts = self._permitted(url)
            with self._connected(parts) as pool:
                response = _request(pool, parts)
                try:
                    if response.status in _REDIRECTS:
                        url = _redirected(url, response.headers.get("Location", ""))
                        continue
                    _check(response, max_bytes)
                    yield self._chunks(response, max_bytes, ends_at)
                    return
                finally:
                    response.close()
        raise RefusedDownloadError("The model's output is redirected too often")

    def _permitted(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = _port(parts)
        except ValueError as error:
            raise RefusedDownloadError("The model's output has a malformed URL") from error
        is_plain = parts.scheme != "https"
        if (
            (is_plain and not self.allow_private)
            or "@" in parts.netloc
            or not any(_is_of(parts, port, urlsplit(origin)) for origin in self.origins)
        ):
            raise RefusedDownloadError("The model's output is on a host that is not the provider's")
        return parts

    @contextmanager
    def _connected(self, parts: SplitResult) -> Iterator[urllib3.HTTPConnectionPool]:
        """A connection to one address of the host, which has been judged."""
        host, port = str(parts.hostname), _port(parts)
        addresses = self.resolve(host, port)
        if not self.allow_private and not all(map(is_public, addresses)):
            raise RefusedDownloadError("The model's output is on a host with a private address")
        if not addresses:
            raise DownloadFailedError("the host has no address")
        pool = urllib3.HTTPConnectionPool(addresses[0], port, timeout=_TIMEOUT)
        if parts.scheme == "https":
            # The name is what the certificate is checked against.
            pool = urllib3.HTTPSConnectionPool(
                addresses[0],
                port,
                timeout=_TIMEOUT,
                cert_reqs="CERT_REQUIRED",
                assert_hostname=host,
                server_hostname=host,
            )
        with pool:
            yield pool

    def _chunks(self, response: urllib3.HTTPResponse, max_bytes: int, ends_at: float) -> Iterator[bytes]:
        size = 0
        try:
            # As they come, so that a host that sends a byte a second does not go unnoticed.
            while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                size += len(chunk)
                # Whatever Content-Length said.
                if size > max_bytes:
                    raise _too_large(max_bytes)
                if self.monotonic() > ends_at:
                    raise DownloadFailedError("the download takes too long")
                yield chunk
        except HTTPError as error:
            raise DownloadFailedError("the download broke off") from error


def _redirected(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise RefusedDownloadError("The model's output is redirected to a malformed URL") from error


def _is_of(parts: SplitResult, port: int, origin: SplitResult) -> bool:
    if (parts.scheme, port) != (origin.scheme, _port(origin)) or not parts.hostname or not origin.hostname:
        return False
    is_subdomain = origin.scheme == "https" and parts.hostname.endswith("." + origin.hostname)
    return parts.hostname == origin.hostname or is_subdomain


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS.get(parts.scheme, 0)


def _request(pool: urllib3.HTTPConnectionPool, parts: SplitResult) -> urllib3.HTTPResponse:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity", "User-Agent": "asset-upload-api"}
    try:
        answer = pool.urlopen("GET", target, headers=headers, redirect=False, preload_content=False, retries=False)
        return cast("urllib3.HTTPResponse", answer)
    except HTTPError as error:
        raise DownloadFailedError("the host did not answer") from error


def _check(response: urllib3.HTTPResponse, max_bytes: int) -> None:
    if response.status in _GONE:
        raise RefusedDownloadError("The provider no longer has the model's output")
    if response.status in (408, 425, 429) or response.status >= 500:
        raise DownloadFailedError(f"the host answered {response.status}")
    if response.status != 200:
        raise RefusedDownloadError(f"The provider answered {response.status} instead of the model's output")
    length = response.headers.get("Content-Length", "")
    if length.isascii() and length.isdecimal() and int(length) > max_bytes:
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> RefusedDownloadError:
    return RefusedDownloadError(f"The model's video is larger than the {max_bytes:,} bytes that are taken")
