"""Free ports of 127.0.0.1."""

import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain

# Below the ports that operating systems give to outgoing connections. A client that connects to one of those before
# the server listens may be given the same port, and is connected to itself: RFC 9293, section 3.5, simultaneous open.
_SERVERS = range(20_000, 32_768)


@contextmanager
def claimed(preferred: Iterable[int]) -> Iterator[int]:
    """Yield the first of `preferred` that is free, else any free port. No other claim gets it until the block ends.

    A process has to start between choosing a port and listening on it. Without claims, two stacks that start at the
    same time would choose the same port, and one would mistake the other's child for its own.
    """
    for port in chain(preferred, _random_ports()):
        # Binding the UDP port of the same number is the claim: nothing else needs it, and it ends with this process.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind(("127.0.0.1", port))
            except (OSError, OverflowError):  # OverflowError: not a port number
                continue
            if _is_free(port):
                yield port
                return


def free() -> int:
    """Return a port that is free at this moment."""
    with claimed(()) as port:
        return port


def _random_ports() -> Iterator[int]:
    while True:
        yield secrets.choice(_SERVERS)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
