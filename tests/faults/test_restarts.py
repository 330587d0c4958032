"""`make run` stopped, interrupted, killed and started again."""

import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest

from local import ports
from tests import media
from tests.e2e.client import eventually
from tests.e2e.local_stack import ROOT, LocalStack, environment, local_stack
from tests.e2e.processes import command_of, descendants, is_alive


def upload(stack: LocalStack, owner: str) -> str:
    """Upload an image in one request; return its public URL."""
    response = httpx.post(
        f"{stack.url}/api/v2/upload-asset",
        headers={"Authorization": f"Bearer {stack.token(owner)}"},
        files={"file": ("a.png", media.png(), "image/png")},
        timeout=120,
    )
    assert response.status_code == 201, response.text
    url: str = response.json()["url"]
    return url


def test_a_restart_keeps_all_data_and_deploys_nothing(stack: LocalStack) -> None:
    url = upload(stack, "restart")
    status, left = stack.stop()
    assert status == 0
    assert left == set()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{stack.emulator_url}/_ministack/health")

    stack.emulator_port = ports.free()  # no stored state may depend on the port
    stack.start()
    assert "sam deploy" not in stack.output
    assert httpx.get(url, timeout=120).content == media.png()
    token = stack.token("restart")
    listed = httpx.get(f"{stack.url}/api/v2/assets", headers={"Authorization": f"Bearer {token}"}, timeout=120)
    assert [asset["url"] for asset in listed.json()["assets"]] == [url]
    upload(stack, "restart")


def test_a_kill_of_every_process_keeps_acknowledged_uploads(stack: LocalStack) -> None:
    url = upload(stack, "killed")
    assert stack.process is not None
    stack.kill({stack.process.pid, *descendants(stack.process.pid)})
    stack.start()
    assert "sam deploy" not in stack.output
    assert httpx.get(url, timeout=120).content == media.png()
    token = stack.token("killed")
    listed = httpx.get(f"{stack.url}/api/v2/assets", headers={"Authorization": f"Bearer {token}"}, timeout=120)
    assert [asset["url"] for asset in listed.json()["assets"]] == [url]


def test_the_stand_in_for_replicate_is_restarted_when_it_exits(stack: LocalStack) -> None:
    assert stack.process is not None
    for pid in descendants(stack.process.pid):
        if "stand_ins.replicate" in command_of(pid):
            os.kill(pid, signal.SIGKILL)
    eventually(
        "the exit is reported", lambda: "The stand-in for Replicate exited with status -9" in stack.output or None
    )
    eventually("the stand-in is healthy", lambda: is_healthy(f"{stack.replicate_url}/stand-in/health") or None)


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False


def test_a_start_can_be_interrupted(tmp_path: Path) -> None:
    with local_stack(tmp_path / "state") as stack:
        stack.start(until="Building")
        status, left = stack.stop()
    assert status == 0
    assert left == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_everything_stops_if_only_make_is_interrupted_or_killed(number: signal.Signals, tmp_path: Path) -> None:
    output = tmp_path / "output"
    command = ["make", "-s", "run", f"PORT={ports.free()}", f"STATE={tmp_path / 'state'}"]
    with (
        output.open("w") as file,
        subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=file, stderr=file, start_new_session=True
        ) as make,
    ):
        eventually("started", lambda: "Building" in output.read_text() or None)
        children = descendants(make.pid)
        assert len(children) > 2
        make.send_signal(number)
        eventually("stopped", lambda: not any(map(is_alive, children)) or None)
