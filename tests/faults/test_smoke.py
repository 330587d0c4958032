"""`make smoke`, run against the local stack."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.local_stack import ROOT, LocalStack, environment
from tools.smoke.__main__ import FAILS, HOLDS, ON_AWS, SKIPPED
from tools.smoke.promises import CHECKS

PATIENCE_SECONDS = 900


def lines(output: str) -> dict[str, str]:
    """Parse the outcome of each promise."""
    outcomes = {
        check.promise: line[:12].strip() for check in CHECKS for line in output.splitlines() if check.promise in line
    }
    assert len(outcomes) == len(CHECKS), output
    return outcomes


def smoke(stack: LocalStack, *arguments: str, token: str | None = None) -> subprocess.Popen[str]:
    given = [f"URL={stack.url}", f"TOKEN={token or stack.token('smoke')}", *arguments]
    return subprocess.Popen(
        ["make", "-s", "smoke", *given],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module", autouse=True)
def full_run(stack: LocalStack) -> Iterator[subprocess.Popen[str]]:
    """Run every check. They spend half of their time waiting for an erasure, while the other test runs."""
    with smoke(stack, "MODEL=stand-in/behaves", f"ERASE_TOKEN={stack.token('smoke-throwaway')}") as process:
        try:
            yield process
        finally:
            process.terminate()


def test_a_broken_promise_fails_and_the_others_are_still_checked(stack: LocalStack) -> None:
    with smoke(stack, token="not-a-token") as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2  # make's status for a failed recipe
    outcomes = lines(output)
    assert outcomes["the API is up"] == HOLDS
    assert outcomes["the list has every upload, newest first, with URLs of this host"] == FAILS
    assert outcomes["a model makes a video from an image"] == SKIPPED
    assert outcomes["an erased owner has nothing left"] == SKIPPED


def test_every_promise_holds_or_is_for_aws_only(full_run: subprocess.Popen[str]) -> None:
    output, _ = full_run.communicate(timeout=PATIENCE_SECONDS)
    assert full_run.returncode == 0, output
    expected = {check.promise: ON_AWS if check.on_aws_only else HOLDS for check in CHECKS}
    assert lines(output) == expected
