"""A TCP proxy that drops connections where a test says."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

_PIECE_BYTES = 16 * 1024


@dataclass
class Fault:
    """Strikes once, on the connection on which `marker` is sent: after so many bytes more in a direction, which are
    passed on. None: never. `hold` keeps the connection open, and silent, instead of losing it."""

    marker: bytes
    after_sent: int | None = None
    after_received: int | None = None
    hold: bool = False
    struck: threading.Event = field(default_factory=threading.Event)


class CuttingProxy:
    """Listens on a port of 127.0.0.1 and passes everything on to another, until a fault strikes."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.fault: Fault | None = None
        self._released = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._released.set()
        # Closing alone does not wake the thread that accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target_port))
                connection = _Connection(self, client, server)
                threading.Thread(target=connection.send, daemon=True).start()
                threading.Thread(target=connection.receive, daemon=True).start()

    def strike(self, fault: Fault) -> None:
        self.fault = None
        fault.struck.set()
        if fault.hold:
            self._released.wait()


@dataclass
class _Connection:
    proxy: CuttingProxy
    client: socket.socket
    server: socket.socket
    fault: Fault | None = None

    def send(self) -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while piece := self.client.recv(_PIECE_BYTES):
                fault = self.proxy.fault
                if not self.fault and fault and fault.marker in piece:
                    self.fault = fault
                if self.fault and self.fault.after_sent is not None and sent >= self.fault.after_sent:
                    self.proxy.strike(self.fault)
                    break
                self.server.sendall(piece)
                sent += len(piece) if self.fault else 0
        self._close()

    def receive(self) -> None:
        received = 0
        with contextlib.suppress(OSError):
            while piece := self.server.recv(_PIECE_BYTES):
                if self.fault and self.fault.after_received is not None and received >= self.fault.after_received:
                    self.proxy.strike(self.fault)
                    break
                self.client.sendall(piece)
                received += len(piece) if self.fault else 0
        self._close()

    def _close(self) -> None:
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def cutting_proxy(target_port: int) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
