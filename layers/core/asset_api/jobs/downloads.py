"""Downloads from URLs that clients and providers choose: only from permitted hosts, never from our own network.

The parsed URL is checked, and so are its host's addresses, before connecting. Redirects follow the same rules.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, SSLError
from urllib3.util.ssl_match_hostname import CertificateError

from asset_api.platform import outbound, time_limits
from asset_api.platform.locations import Location
from asset_api.platform.outbound import NoSuchHostError, PrivateAddressError, Resolve, UnresolvedError
from asset_api.platform.time_limits import TimeLimit

CHUNK_BYTES = 1024 * 1024
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
_MAX_LENGTH_DIGITS = 18
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)
# Raised by OpenSSL for the chain, and by urllib3 for the names.
_NO_VALID_CERTIFICATE = (ssl.SSLCertVerificationError, CertificateError)


class RefusedDownloadError(Exception):
    """Permanent refusal. The message contains no URL, so it may be shown."""


class DownloadFailedError(Exception):
    """Transient failure; retry."""


class DownloadMessages(NamedTuple):
    """Error messages for one kind of file. `{status}` and `{max_bytes}` are filled in."""

    file: str
    gone: str
    not_sent: str
    too_large: str


class AllowedHosts(Protocol):
    """The hosts from which files of one kind may be downloaded."""

    @property
    def messages(self) -> DownloadMessages: ...

    @property
    def allow_private(self) -> bool:
        """True on the local stack, where everything is on this machine and speaks plain HTTP."""
        ...

    @property
    def max_redirects(self) -> int: ...

    @property
    def named_by_clients(self) -> bool:
        """True if a host without an address or a valid certificate is a client's mistake, not a transient failure."""
        ...

    def refusal(self, location: Location, before: Location | None) -> str | None:
        """Return why a download from there is not allowed; None if it is. `before` is the redirecting URL."""
        ...


class Download(NamedTuple):
    """A response whose body is read in chunks of at most 1 MiB."""

    chunks: Iterator[bytes]
    location: Location
    content_disposition: str | None = None


@dataclass(frozen=True, slots=True)
class Downloader:
    allowed_hosts: AllowedHosts
    resolve: Resolve = outbound.addresses_of
    monotonic: Callable[[], float] = time.monotonic

    @contextmanager
    def open(self, url: str, *, max_bytes: int, max_seconds: float) -> Iterator[Download]:
        """Open the file at `url`.

        Opening it and reading the chunks raise RefusedDownloadError if the URL, its address or a redirect is not
        allowed, if the file is gone, or larger than `max_bytes`; and DownloadFailedError if a retry may succeed, for
        example after a download of more than `max_seconds`.
        """
        before: Location | None = None
        with time_limits.within(max_seconds, self.monotonic) as limit:
            for _ in range(self.allowed_hosts.max_redirects + 1):
                location = self._permitted(url, before)
                with self._connected(location, limit) as pool:
                    response = self._request(pool, location, limit)
                    try:
                        if response.status in _REDIRECTS:
                            url, before = self._redirected(url, response), location
                            continue
                        self._check(response, max_bytes)
                        chunks = self._chunks(response, max_bytes, limit)
                        yield Download(chunks, location, response.headers.get("Content-Disposition"))
                        return
                    finally:
                        response.close()
        raise self._refused("is redirected too often")

    def _permitted(self, url: str, before: Location | None) -> Location:
        try:
            location = Location.from_url(url)
        except ValueError as error:
            raise self._refused("has a malformed URL") from error
        if why := self.allowed_hosts.refusal(location, before):
            raise self._refused(why)
        return location

    @contextmanager
    def _connected(self, location: Location, limit: TimeLimit) -> Iterator[urllib3.HTTPConnectionPool]:
        allow_private = self.allowed_hosts.allow_private
        try:
            pool = outbound.connection_pool(
                location, allow_private=allow_private, timeout=_TIMEOUT, resolve=self.resolve
            )
        except PrivateAddressError as error:
            raise self._refused("is on a host with a private address") from error
        except UnresolvedError as error:
            if isinstance(error, NoSuchHostError) and self.allowed_hosts.named_by_clients:
                raise self._refused("is on a host that does not exist") from error
            raise DownloadFailedError(str(error)) from error
        limit.watch(pool)
        with pool:
            yield pool

    def _request(self, pool: urllib3.HTTPConnectionPool, location: Location, limit: TimeLimit) -> urllib3.HTTPResponse:
        headers = {"Host": location.authority, "Accept-Encoding": "identity", "User-Agent": "asset-upload-api"}
        try:
            response = pool.urlopen(
                "GET", location.target, headers=headers, redirect=False, preload_content=False, retries=False
            )
            return cast("urllib3.HTTPResponse", response)
        except LocationValueError as error:  # urllib3 takes a path that begins with two slashes for a host
            raise self._refused("has a malformed URL") from error
        except SSLError as error:
            if self.allowed_hosts.named_by_clients and isinstance(error.args[0], _NO_VALID_CERTIFICATE):
                raise self._refused("is on a host without a valid certificate") from error
            raise _failed("the host did not respond", limit) from error
        except HTTPError as error:
            raise _failed("the host did not respond", limit) from error

    def _redirected(self, url: str, response: urllib3.HTTPResponse) -> str:
        try:
            return urljoin(url, response.headers.get("Location", ""))
        except ValueError as error:
            raise self._refused("is redirected to a malformed URL") from error

    def _check(self, response: urllib3.HTTPResponse, max_bytes: int) -> None:
        messages, status = self.allowed_hosts.messages, response.status
        if status in _GONE:
            raise RefusedDownloadError(messages.gone)
        if status in (408, 425, 429) or status >= 500:
            raise DownloadFailedError(f"the host responded with {status}")
        if status != 200:
            raise RefusedDownloadError(messages.not_sent.format(status=status))
        length = response.headers.get("Content-Length", "")
        # Python refuses to convert thousands of digits.
        if length.isascii() and length.isdecimal() and (len(length) > _MAX_LENGTH_DIGITS or int(length) > max_bytes):
            raise self._too_large(max_bytes)

    def _chunks(self, response: urllib3.HTTPResponse, max_bytes: int, limit: TimeLimit) -> Iterator[bytes]:
        size = 0
        try:
            # Read bytes as they arrive, to notice a host that sends one per second.
            while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                size += len(chunk)
                # Content-Length may be false.
                if size > max_bytes:
                    raise self._too_large(max_bytes)
                _check_time(limit)
                yield chunk
        except HTTPError as error:
            raise _failed("the download broke off", limit) from error
        # A body without a length ends with its connection, which the limit may have broken.
        _check_time(limit)

    def _refused(self, why: str) -> RefusedDownloadError:
        return RefusedDownloadError(f"{self.allowed_hosts.messages.file} {why}")

    def _too_large(self, max_bytes: int) -> RefusedDownloadError:
        return RefusedDownloadError(self.allowed_hosts.messages.too_large.format(max_bytes=f"{max_bytes:,}"))


def _check_time(limit: TimeLimit) -> None:
    if limit.is_over:
        raise DownloadFailedError("the download takes too long")


def _failed(what: str, limit: TimeLimit) -> DownloadFailedError:
    return DownloadFailedError("the download takes too long" if limit.is_over else what)
