"""Free ports of 127.0.0.1."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat


@contextmanager
def claimed(preferred: Iterable[int]) -> Iterator[int]:
    """Yield the first of `preferred` that is free, else any free port. No other claim gets it until the block ends.

    A process has to start between choosing a port and listening on it. Without claims, two stacks that start at the
    same time would choose the same port, and one would mistake the other's child for its own.
    """
    for port in chain(preferred, repeat(0)):
        # Binding the UDP port of the same number is the claim: nothing else needs it, and it ends with this process.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind(("127.0.0.1", port))
            except (OSError, OverflowError):  # OverflowError: not a port number
                continue
            chosen: int = claim.getsockname()[1]
            if _is_free(chosen):
                yield chosen
                return


def free() -> int:
    """Return a port that is free at this moment."""
    with claimed(()) as port:
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
