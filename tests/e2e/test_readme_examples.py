"""The examples that people paste first: of README.md, the guides, and the Python client's README."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.tokens import PAGE_OWNER
from tests import media
from tests.e2e.client import Caller
from tests.e2e.command_line import CommandLine
from tests.e2e.local_stack import ROOT, LocalStack, environment
from tests.e2e.stand_in import StandIn


def example(document: str, language: str, stack: LocalStack) -> str:
    """Extract the first block of `language` in a document, with `stack`'s port instead of 8000."""
    found = re.search(rf"^```{language}\n(?P<code>.*?)^```", (ROOT / document).read_text(), re.DOTALL | re.MULTILINE)
    assert found, f"{document} has no {language}"
    return found["code"].replace("http://localhost:8000", stack.url)


@pytest.fixture
def prompt(stack: LocalStack, alice: Caller, tmp_path: Path) -> CommandLine:
    """Return a shell in a folder with the examples' files."""
    (tmp_path / "photo.jpg").write_bytes(media.jpeg())
    (tmp_path / "clip.mp4").write_bytes(media.mp4())
    return CommandLine(stack.url, str(alice.token), tmp_path)


def pasted(code: str, folder: Path, environment: dict[str, str]) -> str:
    """Run shell commands that must all succeed; return standard output."""
    done = subprocess.run(
        ["sh", "-euc", code], cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=300
    )
    return done.stdout


def test_the_readmes_first_upload_is_on_the_page(stack: LocalStack, prompt: CommandLine) -> None:
    start, token, upload = example("README.md", "sh", stack).splitlines()
    assert start.startswith("make run ")
    code = f"cd {ROOT}\n{token}\n{upload}"
    response = json.loads(pasted(code, prompt.folder, {**environment(), "STATE": str(stack.state)}))
    page = CommandLine(stack.url, stack.token(PAGE_OWNER), prompt.folder)
    listed, _ = page.run("list", "--json")
    assert response["asset_id"] in {asset["asset_id"] for asset in json.loads(listed)["assets"]}


def test_the_python_example_runs(stack: LocalStack, prompt: CommandLine) -> None:
    code = example("clients/python/README.md", "python", stack)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=prompt.folder,
        env=prompt.environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.strip().endswith("deleted successfully")


def test_the_command_line_example_runs(stack: LocalStack, prompt: CommandLine, alice: Caller) -> None:
    output = pasted(example("docs/guides/command-line.md", "sh", stack), prompt.folder, prompt.environment)
    assert "photo.jpg\thttp" in output
    assert len(alice.listed_ids()) == 3  # two uploads and a video; the third upload is deleted


def test_each_storyboard_clip_starts_with_the_last_frame_of_the_previous_one(
    prompt: CommandLine, alice: Caller, stand_in: StandIn
) -> None:
    script = ROOT / "examples" / "storyboard" / "storyboard.py"
    done = subprocess.run(
        [sys.executable, str(script), "photo.jpg", "She looks up", "She waves"],
        cwd=prompt.folder,
        env=prompt.environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["1. She looks up", "2. She waves"]
    second, first, photo = alice.list_assets().json()["assets"]  # newest first
    assert [each["source"] for each in (photo, first, second)] == ["upload", "generation", "generation"]
    jobs = alice.list_jobs().json()["jobs"]
    inputs = [stand_in.predictions_of(job["job_id"])[0]["input"]["first_frame_image"] for job in jobs]
    assert inputs == [f"{first['url']}/frame-last.png", photo["url"]]
    assert [job["status"] for job in jobs] == ["completed", "completed"]
