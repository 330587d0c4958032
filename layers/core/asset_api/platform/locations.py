"""Parsing of URLs that requests are sent to, strict enough that no later step can fail on them."""

import ipaddress
import re
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit

_PORTS = {"http": 80, "https": 443}
# Host names (RFC 952, RFC 1123), and underscores, which some real names contain.
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
# A name that ends like this is an address (WHATWG URL, "ends in a number checker").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Characters that RFC 3986 allows there. All others are percent-encoded; existing escapes are kept.
_PATH = "/:@!$&'()*+,;=~%"
_QUERY = _PATH + "?"


class Location(NamedTuple):
    """An http or https URL without credentials. `host` is a lower-case ASCII name or an address, `target` ASCII."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Parse a URL. Raises ValueError for any other URL, and for any text that is not a URL."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or "@" in parts.netloc:
            raise ValueError("not a plain http or https URL")
        if parts.port == 0:
            raise ValueError("no such port")
        if "[" in parts.netloc and ":" not in (parts.hostname or ""):
            raise ValueError("not an IPv6 address")
        query = f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
        return cls(
            scheme=parts.scheme,
            host=_checked_host(parts.hostname or ""),
            port=parts.port or _PORTS[parts.scheme],
            target=quote(parts.path or "/", safe=_PATH) + query,
        )

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def _checked_host(host: str) -> str:
    if ":" in host:
        address = ipaddress.IPv6Address(host)
        if address.scope_id is not None:
            raise ValueError("a link-local address with a zone")
        return str(address)
    # Raises UnicodeError, a ValueError, for names that are invalid in DNS: an empty label, one of 64 characters.
    ascii_host = host if host.isascii() else host.encode("idna").decode().lower()
    if not _HOST.fullmatch(ascii_host):
        raise ValueError("not a host name")
    if _NUMBER.fullmatch(ascii_host.rpartition(".")[2]):
        # Refuse single numbers, octal and hexadecimal ones, which resolvers interpret differently.
        ipaddress.IPv4Address(ascii_host)
    return ascii_host
