"""The example receivers of docs/guides/events.md: they handle each signed event once, and nothing else."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from asset_api.events import webhook_signing
from local import ports
from tests.template.cloudformation import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = b'{"type":"asset.published","timestamp":"2025-11-15T12:34:56Z","data":{"owner":"alice"}}'


def command(language: str, folder: Path) -> list[str]:
    """Start the example in a folder in which the client is installed."""
    if language == "python":
        return [sys.executable, str(ROOT / "examples/webhooks/receiver.py")]
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "asset-upload-client").symlink_to(ROOT / "clients/js")
    shutil.copy(ROOT / "examples/webhooks/receiver.mjs", folder)
    return ["node", str(folder / "receiver.mjs")]


@contextmanager
def running(language: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The receiver's URL and its output."""
    port = ports.free()
    output = folder / "output"
    environment = {**os.environ, "ASSETS_WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    with (
        output.open("w") as file,
        subprocess.Popen(command(language, folder), env=environment, stdout=file, stderr=file) as process,
    ):
        try:
            _wait_until_listening(port, process, output)
            yield f"http://127.0.0.1:{port}/", output
        finally:
            process.terminate()


def _wait_until_listening(port: int, process: "subprocess.Popen[bytes]", output: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, output.read_text()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(output.read_text())


def signed(secret: str, event_id: str = "asset_published_1") -> dict[str, str]:
    return webhook_signing.headers(event_id, int(time.time()), BODY, [secret])


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_example_handles_each_event_once_and_refuses_forgeries(language: str, tmp_path: Path) -> None:
    with running(language, tmp_path) as (url, output), httpx.Client() as client:
        assert client.post(url, content=BODY, headers=signed(SECRET)).status_code == 204
        assert client.post(url, content=BODY, headers=signed(SECRET)).status_code == 204
        assert client.post(url, content=BODY + b" ", headers=signed(SECRET)).status_code == 400
        assert client.post(url, content=BODY, headers=signed(OTHER)).status_code == 400
        assert client.post(url, content=BODY).status_code == 400
        assert client.post(url, content=BODY, headers=signed(SECRET, "asset_published_2")).status_code == 204
    assert output.read_text().count("asset.published") == 2
