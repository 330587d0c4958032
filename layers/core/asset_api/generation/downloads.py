"""Downloads of a provider's outputs: from its hosts only, and never from our own network.

A URL is checked by its parsed parts, its addresses before they are connected to. Redirects follow the same rules.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urljoin

import urllib3
from urllib3.exceptions import HTTPError, LocationValueError

from asset_api.platform import outbound
from asset_api.platform.locations import Location
from asset_api.platform.outbound import PrivateAddressError, Resolve, UnresolvedError

CHUNK_BYTES = 1024 * 1024
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
_MAX_REDIRECTS = 3
_MAX_LENGTH_DIGITS = 18
_REDIRECTS = (301, 302, 303, 307, 308)
_GONE = (404, 410)


class RefusedDownloadError(Exception):
    """Permanent refusal. The message may be shown: it contains no URL."""


class DownloadFailedError(Exception):
    """Transient failure; retry."""


@dataclass(frozen=True, slots=True)
class Downloader:
    """Downloads from `origins` (scheme, host and port; with https, subdomains too). `allow_private` is for an emulator,
    where everything is on this machine and speaks plain HTTP."""

    origins: tuple[str, ...]
    allow_private: bool
    resolve: Resolve = outbound.addresses_of
    monotonic: Callable[[], float] = time.monotonic

    @contextmanager
    def open(self, url: str, *, max_bytes: int, max_seconds: float) -> Iterator[Iterator[bytes]]:
        """The bytes at `url`, in chunks of at most 1 MiB.

        Opening it and reading the chunks raise RefusedDownloadError if the URL, its address or a redirect is not
        allowed, if the file is gone, or larger than `max_bytes`; and DownloadFailedError if a retry may succeed.
        """
        ends_at = self.monotonic() + max_seconds
        for _ in range(_MAX_REDIRECTS + 1):
            location = self._permitted(url)
            with self._connected(location) as pool:
                response = _request(pool, location)
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

    def _permitted(self, url: str) -> Location:
        try:
            location = Location.from_url(url)
        except ValueError as error:
            raise RefusedDownloadError("The model's output has a malformed URL") from error
        is_plain = location.scheme != "https"
        if (is_plain and not self.allow_private) or not any(_is_of(location, origin) for origin in self.origins):
            raise RefusedDownloadError("The model's output is on a host that is not the provider's")
        return location

    @contextmanager
    def _connected(self, location: Location) -> Iterator[urllib3.HTTPConnectionPool]:
        try:
            pool = outbound.pool_to(location, allow_private=self.allow_private, timeout=_TIMEOUT, resolve=self.resolve)
        except PrivateAddressError as error:
            raise RefusedDownloadError("The model's output is on a host with a private address") from error
        except UnresolvedError as error:
            raise DownloadFailedError(str(error)) from error
        with pool:
            yield pool

    def _chunks(self, response: urllib3.HTTPResponse, max_bytes: int, ends_at: float) -> Iterator[bytes]:
        size = 0
        try:
            # Read as they arrive, to notice a host that sends a byte per second.
            while chunk := response.read1(CHUNK_BYTES, decode_content=False):
                size += len(chunk)
                # Content-Length need not be true.
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


def _is_of(location: Location, origin: str) -> bool:
    allowed = Location.from_url(origin)
    if (location.scheme, location.port) != (allowed.scheme, allowed.port):
        return False
    is_subdomain = allowed.scheme == "https" and location.host.endswith("." + allowed.host)
    return location.host == allowed.host or is_subdomain


def _request(pool: urllib3.HTTPConnectionPool, location: Location) -> urllib3.HTTPResponse:
    headers = {"Host": location.authority, "Accept-Encoding": "identity", "User-Agent": "asset-upload-api"}
    try:
        response = pool.urlopen(
            "GET", location.target, headers=headers, redirect=False, preload_content=False, retries=False
        )
        return cast("urllib3.HTTPResponse", response)
    except LocationValueError as error:  # urllib3 reads more into a path that begins with two slashes
        raise RefusedDownloadError("The model's output has a malformed URL") from error
    except HTTPError as error:
        raise DownloadFailedError("the host did not respond") from error


def _check(response: urllib3.HTTPResponse, max_bytes: int) -> None:
    if response.status in _GONE:
        raise RefusedDownloadError("The provider no longer has the model's output")
    if response.status in (408, 425, 429) or response.status >= 500:
        raise DownloadFailedError(f"the host responded with {response.status}")
    if response.status != 200:
        raise RefusedDownloadError(f"The provider responded with {response.status} instead of the model's output")
    length = response.headers.get("Content-Length", "")
    # Python refuses to convert thousands of digits.
    if length.isascii() and length.isdecimal() and (len(length) > _MAX_LENGTH_DIGITS or int(length) > max_bytes):
        raise _too_large(max_bytes)


def _too_large(max_bytes: int) -> RefusedDownloadError:
    return RefusedDownloadError(f"The model's video is larger than the {max_bytes:,} bytes allowed")
