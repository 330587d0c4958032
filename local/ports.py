"""Ports of 127.0.0.1."""

import socket


def is_free(port: int) -> bool:
    """Whether one could listen on it at this moment."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def usual_or_any(usual: int) -> int:
    """`usual` where it is free, else any that is."""
    if is_free(usual):
        return usual
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
