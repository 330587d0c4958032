"""Sockets of the front door: on both loopback addresses, since browsers resolve `localhost` to either.

`HOST` adds other addresses."""

import errno
import socket

from local.failures import LocalStackError

Address = tuple[socket.AddressFamily, str]

_LOOPBACKS: tuple[Address, ...] = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_EVERYWHERE: tuple[Address, ...] = ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::"))  # noqa: S104 - by choice only
_NOT_ON_THIS_MACHINE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


def listening_sockets(port: int, host: str = "") -> list[socket.socket]:
    """Listen on `port` of 127.0.0.1, of ::1 if the machine has it, and of the address `host`.

    "0.0.0.0" and "::" stand for every address of this machine. Raises LocalStackError if another process has the port,
    or this machine has no address `host`.
    """
    sockets: list[socket.socket] = []
    for family, address in _addresses(host):
        try:
            sockets.append(_bound(family, address, port))
        except OSError as error:
            if error.errno in _NOT_ON_THIS_MACHINE and family == socket.AF_INET6 and address != host:
                continue
            for bound in sockets:
                bound.close()
            raise _listening_error(error, port, address) from error
    return sockets


def _addresses(host: str) -> tuple[Address, ...]:
    if host in ("0.0.0.0", "::"):  # noqa: S104
        return _EVERYWHERE
    if host in ("", "localhost", *(address for _, address in _LOOPBACKS)):
        return _LOOPBACKS
    return (*_LOOPBACKS, (socket.AF_INET6 if ":" in host else socket.AF_INET, host))


def address_for_others(host: str) -> str | None:
    """Return the address at which other machines reach a socket on `host`; None if they cannot."""
    if host not in ("0.0.0.0", "::"):  # noqa: S104
        return None if _addresses(host) == _LOOPBACKS else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, only looks up the route
        except OSError:
            return None
        address: str = probe.getsockname()[0]
        return address


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without this option, a port stays taken for a minute after its last connection.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has its own socket
        bound.bind((address, port))
        # Listen right away: until then, a second process could bind to the port too.
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _listening_error(error: OSError, port: int, address: str) -> LocalStackError:
    if error.errno == errno.EADDRINUSE:
        return LocalStackError(
            f"Port {port} is taken by another `make run`, or by another program.",
            "Stop it, or choose another port and directory: make run PORT=8001 STATE=.local-2",
        )
    if error.errno == errno.EACCES:
        return LocalStackError(f"Port {port} needs permission.", "Choose one above 1023: make run PORT=8001")
    if error.errno in _NOT_ON_THIS_MACHINE or isinstance(error, socket.gaierror):
        return LocalStackError(
            f"This machine has no address {address}.", "To listen on all of its addresses: make run HOST=0.0.0.0"
        )
    return LocalStackError(f"Port {port} cannot be used: {error.strerror}.", "Choose another: make run PORT=8001")
