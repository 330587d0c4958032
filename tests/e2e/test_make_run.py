"""Promises of `make run` and `make token` beyond the API itself."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import httpx

from local import ports
from local.aws import Clients
from local.live_reload.applying import Reloader
from local.live_reload.plan import Plan
from local.stack import find
from tests.e2e.local_stack import ROOT, LocalStack, environment


def run_make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", *arguments],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_api_responds_once_make_run_is_ready(stack: LocalStack) -> None:
    response = httpx.get(f"{stack.url}/api/v2/health", timeout=120)
    assert response.status_code == 200


def test_make_run_prints_the_page_and_a_valid_token(stack: LocalStack) -> None:
    assert f"{stack.url}/" in stack.output
    token = stack.output.partition("export ASSETS_TOKEN=")[2].split()[0]
    response = httpx.get(f"{stack.url}/api/v2/assets", headers={"Authorization": f"Bearer {token}"}, timeout=120)
    assert response.status_code == 200


def test_the_printed_commands_upload_a_file(stack: LocalStack, tmp_path: Path) -> None:
    commands = [line.strip() for line in stack.output.splitlines() if line.startswith("  ") and " " in line.strip()]
    pasted = "\n".join(line for line in commands if line.startswith(("export ", "printf ", "curl ")))
    response = subprocess.run(["sh", "-ec", pasted], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert '"success": true' in response.stdout


def test_make_token_prints_only_a_token(stack: LocalStack) -> None:
    printed = run_make("token", "SUB=alice", f"STATE={stack.state}")
    assert printed.returncode == 0, printed.stderr
    token, end = printed.stdout.split("\n")
    assert end == ""
    response = httpx.get(f"{stack.url}/api/v2/assets", headers={"Authorization": f"Bearer {token}"}, timeout=120)
    assert response.status_code == 200


def test_a_second_run_on_the_same_port_fails_and_leaves_the_first_alone(stack: LocalStack, tmp_path: Path) -> None:
    second = run_make("run", f"PORT={stack.port}", f"STATE={tmp_path / 'state'}")
    assert second.returncode != 0
    assert f"Port {stack.port} is taken" in second.stderr
    assert not (tmp_path / "state").exists()
    assert httpx.get(f"{stack.url}/api/v2/health", timeout=120).status_code == 200


def test_a_second_run_on_the_same_directory_fails_and_leaves_the_first_alone(stack: LocalStack) -> None:
    second = run_make("run", f"PORT={ports.free()}", f"STATE={stack.state}")
    assert second.returncode != 0
    assert "is in use by another" in second.stderr
    assert httpx.get(f"{stack.url}/api/v2/health", timeout=120).status_code == 200


EDITED_HANDLER = """

_handler_before = handler


def handler(event, context):
    response = _handler_before(event, context)
    return {**response, "headers": {**response["headers"], "X-Edited": getattr(asset_api, "EDITED", "function")}}
"""


def test_edits_of_a_function_or_of_the_shared_package_are_live_at_once(stack: LocalStack, tmp_path: Path) -> None:
    def edited() -> str | None:
        header: str | None = httpx.get(f"{stack.url}/api/v2/health", timeout=120).headers.get("X-Edited")
        return header

    for name in ("functions/list", "layers/core/asset_api"):
        shutil.copytree(ROOT / name, tmp_path / name)
    function, package = tmp_path / "functions/list/app.py", tmp_path / "layers/core/asset_api/__init__.py"
    clients = Clients.of(stack.emulator_url, stack.root_key)
    deployed = find(clients.cloudformation)
    assert deployed is not None
    reloader = Reloader(tmp_path, stack.state / "build", clients, deployed)
    try:
        function.write_text(f"{function.read_text()}\nimport asset_api\n{EDITED_HANDLER}")
        reloader.reload(Plan(functions=frozenset({"list"})))
        assert edited() == "function"
        package.write_text(f'{package.read_text()}\nEDITED = "package"\n')
        reloader.reload(Plan(layer=True))
        assert edited() == "package"
    finally:
        replace(reloader, root=ROOT).reload_everything()
    assert edited() is None
