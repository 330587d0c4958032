"""What people would use instead: applications that take the bytes themselves and hand them on to S3."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.sites import FIXTURES, install_group
from local import environment
from tests.e2e.local_stack import free_port
from tests.e2e.processes import descendants

_START_SECONDS = 30
_SERVERS = {
    "flask": ["-m", "gunicorn", "--threads=4", "flask_app:app", "--bind=127.0.0.1:{port}"],
    "fastapi": ["-m", "uvicorn", "fastapi_app:app", "--host=127.0.0.1", "--port={port}", "--log-level=warning"],
}
NAMES = tuple(_SERVERS)


@dataclass(frozen=True)
class Peer:
    name: str
    url: str
    pid: int

    def upload(self, http: httpx.Client, data: bytes) -> None:
        http.post(f"{self.url}/upload", files={"file": ("clip.mp4", data, "video/mp4")}).raise_for_status()

    def peak_bytes(self) -> int:
        """The most memory that the largest of its processes ever had (VmHWM of proc(5))."""
        return max(_peak_bytes(pid) for pid in (self.pid, *descendants(self.pid)))


@contextlib.contextmanager
def running(name: str, python: str, aws_url: str, bucket: str, table: str) -> Iterator[Peer]:
    """The peer, answering, with one process to work in."""
    site = install_group("bench-peers")
    port = free_port()
    command = [python, *(argument.format(port=port) for argument in _SERVERS[name])]
    settings = {
        **environment.for_aws_calls(environment.isolated(os.environ), aws_url),
        "PYTHONPATH": os.pathsep.join(map(str, (FIXTURES / "proxies", site))),
        "BUCKET": bucket,
        "TABLE": table,
    }
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peer = Peer(name, f"http://127.0.0.1:{port}", process.pid)
    try:
        _wait(peer)
        yield peer
    finally:
        process.terminate()
        process.wait()


def _wait(peer: Peer) -> None:
    given_up_at = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx.get(peer.url)
        except httpx.TransportError:
            if time.monotonic() > given_up_at:
                raise
            time.sleep(0.1)
        else:
            return


def _peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
