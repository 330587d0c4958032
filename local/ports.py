"""Ports of 127.0.0.1."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat


@contextmanager
def claimed(preferred: Iterable[int]) -> Iterator[int]:
    """The first of `preferred` that nobody listens on, else any; until the block ends, no other claim gets it.

    Between the choice of a port and listening on it lies the start of a process. Another stack that starts at the same
    moment would choose the same, and then take the first one's answers for its own child's.
    """
    for port in chain(preferred, repeat(0)):
        # The UDP port of the same number stands for the claim: nothing else wants it, and it ends with this process.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as claim:
            try:
                claim.bind(("127.0.0.1", port))
            except (OSError, OverflowError):  # the latter where it is no port at all
                continue
            chosen: int = claim.getsockname()[1]
            if _is_free(chosen):
                yield chosen
                return


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
