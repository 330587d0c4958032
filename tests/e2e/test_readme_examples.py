"""The examples of README.md, as they are pasted.

`example` gives the first code block of a section; a section of another language is one more test.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import media
from tests.e2e.client import Caller
from tests.e2e.command_line import CommandLine
from tests.e2e.local_stack import ROOT, LocalStack


def example(section: str, language: str, stack: LocalStack) -> str:
    """The first block of `language` below the heading, speaking to `stack` instead of port 8000."""
    text = (ROOT / "README.md").read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{language}\n(?P<code>.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found, f"README.md has no {language} below {section}"
    return found["code"].replace("http://localhost:8000", stack.url)


@pytest.fixture
def prompt(stack: LocalStack, alice: Caller, tmp_path: Path) -> CommandLine:
    """A shell in a folder with the files of the examples."""
    (tmp_path / "photo.jpg").write_bytes(media.jpeg())
    (tmp_path / "clip.mp4").write_bytes(media.mp4())
    return CommandLine(stack.url, str(alice.token), tmp_path)


def test_the_example_in_python_works_when_pasted(stack: LocalStack, prompt: CommandLine) -> None:
    code = example("From Python", "python", stack)
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


def test_the_example_of_the_command_line_works_when_pasted(
    stack: LocalStack, prompt: CommandLine, alice: Caller
) -> None:
    code = example("From the command line", "sh", stack)
    done = subprocess.run(
        ["sh", "-euc", code],
        cwd=prompt.folder,
        env=prompt.environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "photo.jpg\thttp" in done.stdout
    assert len(alice.listed_ids()) == 3  # two uploads and a video; the third upload is deleted
