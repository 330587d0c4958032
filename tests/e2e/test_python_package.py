"""The Python client as it is published: built, installed into a new environment, and used."""

import subprocess
from pathlib import Path

import pytest

from tests import media
from tests.e2e.client import Caller
from tests.e2e.local_stack import ROOT, LocalStack, environment


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        ["uv", "build", "--quiet", "--out-dir", folder, ROOT / "clients" / "python"], check=True, env=environment()
    )
    return folder


@pytest.mark.parametrize("kind", ["*.whl", "*.tar.gz"])
def test_the_built_python_package_installs_and_uploads(
    built: Path, stack: LocalStack, alice: Caller, tmp_path: Path, kind: str
) -> None:
    (package,) = built.glob(kind)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(["uv", "venv", "--quiet", tmp_path / "venv"], check=True, env=environment())
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, package], check=True, env=environment())
    (tmp_path / "a.png").write_bytes(media.png())
    command = [str(python.with_name("assets")), "--url", stack.url, "--token", str(alice.token)]
    assert b"upload" in subprocess.run([*command, "--help"], check=True, capture_output=True).stdout
    subprocess.run([*command, "upload", str(tmp_path / "a.png")], check=True, capture_output=True)
    assert len(alice.listed_ids()) == 1
    typed = "import asset_upload_client as c, pathlib; print((pathlib.Path(c.__file__).parent / 'py.typed').exists())"
    assert subprocess.run([python, "-c", typed], check=True, capture_output=True).stdout == b"True\n"
