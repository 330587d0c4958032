"""A limit on the total time of a download, however slowly the host sends.

A read timeout limits only each wait: a host that sends a byte every few seconds never exceeds it. When the time is up,
a timer shuts the connections down, which ends every wait on them.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import urllib3


class TimeLimit:
    """The limit of one download. `is_over` may be read at any time."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._ends_at = monotonic() + seconds
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    @property
    def is_over(self) -> bool:
        return self._is_cut or self._monotonic() > self._ends_at

    def watch(self, pool: urllib3.HTTPConnectionPool) -> None:
        """Apply the limit to connections that `pool` makes from now on, including TLS handshakes."""
        limit = self

        # urllib3 has no public access to a socket before the handshake, but this method may be overridden.
        class Watched(pool.ConnectionCls):  # type: ignore[misc, name-defined]
            def _new_conn(self) -> socket.socket:
                made: socket.socket = super()._new_conn()
                limit._add(made.dup())
                return made

        pool.ConnectionCls = Watched

    def _add(self, duplicate: socket.socket) -> None:
        with self._lock:
            self._sockets.append(duplicate)
            if self._is_cut:
                _shut_down(duplicate)

    def cut(self) -> None:
        """Shut every connection down."""
        with self._lock:
            self._is_cut = True
            for duplicate in self._sockets:
                _shut_down(duplicate)

    def close(self) -> None:
        """Forget the connections without closing them."""
        with self._lock:
            for duplicate in self._sockets:
                duplicate.close()
            self._sockets.clear()


@contextmanager
def within(seconds: float, monotonic: Callable[[], float]) -> Iterator[TimeLimit]:
    """Limit connections within the block to `seconds` from now."""
    limit = TimeLimit(seconds, monotonic)
    timer: Any = threading.Timer(seconds, limit.cut)
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()
        limit.close()


def _shut_down(duplicate: socket.socket) -> None:
    # The host may have closed it already.
    with suppress(OSError):
        duplicate.shutdown(socket.SHUT_RDWR)
