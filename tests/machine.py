"""The speed of this machine, for limits of CPU time that were set on another."""

import time

# On the machine on which the limits were set, with nothing else running.
_REFERENCE_SECONDS = 0.006
_TRIES = 3
_DATA = bytes(range(256)) * 256


def slowness() -> float:
    """Return how many times slower this machine is at this moment than that one; at least 1.

    Other processes on the same core, and slower processors, cost more CPU time for the same work.
    """
    return max(1.0, min(_work() for _ in range(_TRIES)) / _REFERENCE_SECONDS)


def _work() -> float:
    """Read numbers from bytes, as parsers do; return the CPU time that took."""
    started, total = time.process_time(), 0
    for at in range(0, len(_DATA), 2):
        total += int.from_bytes(_DATA[at : at + 4], "big") & 0xFF
    assert total
    return time.process_time() - started
