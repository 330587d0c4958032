"""Connections to hosts that others name, and never into our own network.

A host's name is resolved once, and the address that was checked is the one connected to, so that the name cannot point
elsewhere meanwhile (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import urllib3

if TYPE_CHECKING:
    from asset_api.platform.locations import Location

# Addresses that embed another, which a gateway on the way would connect to (RFC 6052, RFC 3056, RFC 4380).
_TRANSLATED = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))

Resolve = Callable[[str, int], list[str]]


class UnresolvedError(Exception):
    """The host has no address for now."""


class PrivateAddressError(Exception):
    """The host has an address that is not on the internet."""


def addresses_of(host: str, port: int) -> list[str]:
    """Resolve a host by the system's resolver. Raises UnresolvedError."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise UnresolvedError("the host's name cannot be resolved") from error


def is_public(address: str) -> bool:
    """Tell an address on the internet by the IANA registries of special-purpose addresses."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    is_translated = any(ip.version == network.version and ip in network for network in _TRANSLATED)
    return ip.is_global and not ip.is_multicast and not is_translated


def pool_to(
    location: "Location", *, allow_private: bool, timeout: urllib3.Timeout, resolve: Resolve = addresses_of
) -> urllib3.HTTPConnectionPool:
    """A pool of connections to one address of the host, all of which have been checked.

    `allow_private` is for an emulator, where everything is on this machine. Raises PrivateAddressError and
    UnresolvedError.
    """
    host, port = location.host, location.port
    addresses = resolve(host, port)
    if not allow_private and not all(map(is_public, addresses)):
        raise PrivateAddressError(host)
    if not addresses:
        raise UnresolvedError("the host has no address")
    if location.scheme != "https":
        return urllib3.HTTPConnectionPool(addresses[0], port, timeout=timeout)
    # The certificate must be the host's, not the address's.
    return urllib3.HTTPSConnectionPool(
        addresses[0], port, timeout=timeout, cert_reqs="CERT_REQUIRED", assert_hostname=host, server_hostname=host
    )
