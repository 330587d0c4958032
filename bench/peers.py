"""Peers: the usual alternatives, applications that receive the bytes and forward them to S3."""

import base64
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench import memory
from bench.sites import FIXTURES, install_group
from local import environment, ports
from local.root_key import RootKey

_START_SECONDS = 30


def _send_form(http: httpx.Client, url: str, data: bytes) -> str:
    files = {"file": ("clip.mp4", data, "video/mp4")}
    return str(http.post(f"{url}/upload", files=files).raise_for_status().json()["asset_id"])


def _send_by_tus(http: httpx.Client, url: str, data: bytes) -> str:
    """Create an upload, then send everything in one PATCH (tus 1.0.0 with `creation`)."""
    version = {"Tus-Resumable": "1.0.0"}
    named = {"filename": b"clip.mp4", "contentType": b"video/mp4"}
    metadata = ",".join(f"{name} {base64.b64encode(value).decode()}" for name, value in named.items())
    about = {"Upload-Length": str(len(data)), "Upload-Metadata": metadata}
    created = http.post(f"{url}/files", headers=version | about).raise_for_status()
    location = created.headers["location"]
    body = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    http.patch(location, content=data, headers=version | body).raise_for_status()
    return str(location.rpartition("/")[2])


@dataclass(frozen=True)
class _Server:
    """A peer: its start command, its directory below `bench/fixtures`, and its upload protocol."""

    directory: str
    command: str
    send: Callable[[httpx.Client, str, bytes], str] = _send_form


_SERVERS = {
    "flask": _Server("proxies", "{python} -m gunicorn --threads=4 flask_app:app --bind=127.0.0.1:{port}"),
    "fastapi": _Server(
        "proxies", "{python} -m uvicorn fastapi_app:app --host=127.0.0.1 --port={port} --log-level=warning"
    ),
    "tus": _Server("tus", "node server.js", _send_by_tus),
}


@dataclass(frozen=True)
class Peer:
    name: str
    url: str
    pid: int

    def upload(self, http: httpx.Client, data: bytes) -> str:
        """Upload the file and return its object key."""
        return _SERVERS[self.name].send(http, self.url, data)

    def peak_bytes(self) -> int:
        """Return the peak memory of its largest process (VmHWM in proc(5))."""
        return max(map(memory.peak_kilobytes, _tree(self.pid))) * 1024


@contextlib.contextmanager
def running(
    aws_url: str, key: RootKey, bucket: str, table: str, names: Sequence[str] = tuple(_SERVERS)
) -> Iterator[list[Peer]]:
    """Run the named peers, one process each, and yield them once they respond."""
    settings = {
        **environment.for_aws_calls(environment.isolated(os.environ), aws_url, key),
        "PYTHONPATH": str(install_group("bench-peers")) if {"flask", "fastapi"} & {*names} else "",
        "BUCKET": bucket,
        "TABLE": table,
    }
    with contextlib.ExitStack() as processes:
        yield [processes.enter_context(_running(name, _SERVERS[name], settings)) for name in names]


@contextlib.contextmanager
def _running(name: str, server: _Server, settings: dict[str, str]) -> Iterator[Peer]:
    port = str(ports.free())
    process = subprocess.Popen(
        [word.format(python=sys.executable, port=port) for word in server.command.split()],
        cwd=FIXTURES / server.directory,
        env=settings | {"PORT": port},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        peer = Peer(name, f"http://127.0.0.1:{port}", process.pid)
        _wait(peer, process)
        yield peer
    finally:
        process.terminate()
        process.wait()


def _wait(peer: Peer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx.get(peer.url)
        except httpx.TransportError:
            if process.poll() is not None:
                raise RuntimeError(f"{peer.name} exited at once. `make bench` installs it.") from None
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _tree(pid: int) -> Iterator[int]:
    """Yield the ids of a process and all its descendants."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _tree(int(child))
