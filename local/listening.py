"""The sockets of the front door: both loopback addresses, as browsers take `localhost` for either."""

import errno
import socket

from local.failures import LocalStackError

_LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_NOT_ON_THIS_MACHINE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT)


def listening_sockets(port: int) -> list[socket.socket]:
    """Sockets bound to `port` of 127.0.0.1 and, where there is one, ::1.

    Raises LocalStackError where another process has the port,.
    """
    sockets: list[socket.socket] = []
    for family, address in _LOOPBACKS:
        try:
            sockets.append(_bound(family, address, port))
        except OSError as error:
            if error.errno in _NOT_ON_THIS_MACHINE and family == socket.AF_INET6:
                continue
            for bound in sockets:
                bound.close()
            raise _explained(error, port) from error
    return sockets


def _bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Without it, a port stays taken for a minute after its last connection.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((address, port))
        # Not left to the server: a second process could bind, though not listen, until then.
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def _explained(error: OSError, port: int) -> LocalStackError:
    if error.errno == errno.EADDRINUSE:
        return LocalStackError(
            f"Port {port} is taken: by another `make run`, or by another program.",
            "Stop that one, or choose another port and directory: make run PORT=8001 STATE=.local-2",
        )
    if error.errno == errno.EACCES:
        return LocalStackError(f"Port {port} may not be used by you.", "Choose one above 1023: make run PORT=8001")
    return LocalStackError(f"Port {port} cannot be used: {error.strerror}.", "Choose another: make run PORT=8001")
