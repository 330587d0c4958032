"""Connections to hosts that clients choose, and never into our own network.

A host's name is resolved once, and the connection goes to the address that was checked, so that the name cannot point
elsewhere meanwhile (DNS rebinding).
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import urllib3

if TYPE_CHECKING:
    from asset_api.platform.locations import Location

# The allocated addresses of IPv6 (RFC 4291, section 2.4). This excludes NAT64 and old ways to embed an IPv4 address,
# which a gateway on the path might connect to.
_UNICAST = ipaddress.ip_network("2000::/3")
# Addresses that embed another (RFC 3056, RFC 4380), the relays that would connect to it (RFC 7526), and special-purpose
# addresses that some versions of Python do not know (RFC 6890, RFC 9637).
_NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("2002::/16", "2001::/32", "192.88.99.0/24", "192.0.0.0/24", "3fff::/20"))
)
# Interface identifiers of ISATAP, which embed an IPv4 address too (RFC 5214, section 6.1).
_ISATAP = (0x00005EFE, 0x02005EFE)

_NO_SUCH_HOST = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))

Resolve = Callable[[str, int], list[str]]


class UnresolvedError(Exception):
    """The host's name cannot be resolved, perhaps only for now."""


class NoSuchHostError(UnresolvedError):
    """The host's name does not exist."""


class PrivateAddressError(Exception):
    """The host has an address that is not on the internet."""


def addresses_of(host: str, port: int) -> list[str]:
    """Resolve a host with the system's resolver. Raises UnresolvedError."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except socket.gaierror as error:
        unresolved = NoSuchHostError if error.errno in _NO_SUCH_HOST else UnresolvedError
        raise unresolved("the host's name cannot be resolved") from error
    except OSError as error:
        raise UnresolvedError("the host's name cannot be resolved") from error


def is_public(address: str) -> bool:
    """Tell whether an address is on the internet, by IANA's registries of special-purpose addresses."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip not in _UNICAST or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
            return False
    is_excluded = any(ip.version == network.version and ip in network for network in _NOT_PUBLIC)
    return ip.is_global and not ip.is_multicast and not is_excluded


def connection_pool(
    location: "Location", *, allow_private: bool, timeout: urllib3.Timeout, resolve: Resolve = addresses_of
) -> urllib3.HTTPConnectionPool:
    """Create a pool of connections to one of the host's addresses, all of which are checked.

    `allow_private` is for the local stack, where everything is on this machine. Raises PrivateAddressError and
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
