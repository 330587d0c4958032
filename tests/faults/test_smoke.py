"""`make smoke`, run against the local stack."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.e2e.local_stack import ROOT, LocalStack, environment
from tools.smoke.__main__ import FAILS, HOLDS, ON_AWS, SKIPPED
from tools.smoke.promises import CHECKS

PATIENCE_SECONDS = 300


def lines(output: str) -> dict[str, str]:
    """Parse the outcome of each promise."""
    told = {
        check.promise: line[:12].strip() for check in CHECKS for line in output.splitlines() if check.promise in line
    }
    assert len(told) == len(CHECKS), output
    return told


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
def whole(stack: LocalStack) -> Iterator[subprocess.Popen[str]]:
    """Every check. Half of the time they wait for an erasure, so the other test runs beside them."""
    with smoke(stack, "MODEL=stand-in/behaves", f"ERASE_TOKEN={stack.token('smoke-throwaway')}") as process:
        try:
            yield process
        finally:
            process.terminate()


def test_what_does_not_hold_fails_and_the_rest_is_told_all_the_same(stack: LocalStack) -> None:
    with smoke(stack, token="not-a-token") as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2  # make's, whatever the tool's
    outcomes = lines(output)
    assert outcomes["the API is up"] == HOLDS
    assert outcomes["the list has every upload, newest first, with URLs of this host"] == FAILS
    assert outcomes["a model makes a video from an image"] == SKIPPED
    assert outcomes["an erased owner has nothing left"] == SKIPPED


def test_every_promise_holds_or_is_said_to_be_of_aws_alone(whole: subprocess.Popen[str]) -> None:
    output, _ = whole.communicate(timeout=PATIENCE_SECONDS)
    assert whole.returncode == 0, output
    expected = {check.promise: ON_AWS if check.on_aws_only else HOLDS for check in CHECKS}
    assert lines(output) == expected
