"""`make smoke`, run against the local stack."""

import subprocess

from tests.e2e.local_stack import ROOT, LocalStack, environment
from tools.smoke.__main__ import FAILS, HOLDS, NOT_ASKED, ON_AWS
from tools.smoke.promises import CHECKS


def lines(output: str) -> dict[str, str]:
    """Parse the outcome of each promise."""
    told = {
        check.promise: line[:12].strip() for check in CHECKS for line in output.splitlines() if check.promise in line
    }
    assert len(told) == len(CHECKS), output
    return told


def smoke(stack: LocalStack, *arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    given = [f"URL={stack.url}", f"TOKEN={token or stack.token('smoke')}", *arguments]
    return subprocess.run(
        ["make", "-s", "smoke", *given], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300
    )


def test_every_promise_holds_or_is_said_to_be_of_aws_alone(stack: LocalStack) -> None:
    done = smoke(stack, "MODEL=stand-in/behaves", f"ERASE_TOKEN={stack.token('smoke-throwaway')}")
    assert done.returncode == 0, done.stdout + done.stderr
    expected = {check.promise: ON_AWS if check.on_aws_only else HOLDS for check in CHECKS}
    assert lines(done.stdout) == expected


def test_what_does_not_hold_fails_and_the_rest_is_told_all_the_same(stack: LocalStack) -> None:
    done = smoke(stack, token="not-a-token")
    assert done.returncode == 2  # make's, whatever the tool's
    outcomes = lines(done.stdout)
    assert outcomes["the API is up"] == HOLDS
    assert outcomes["the list has every upload, newest first, with URLs of this host"] == FAILS
    assert outcomes["a model makes a video from an image"] == NOT_ASKED
    assert outcomes["an erased owner has nothing left"] == NOT_ASKED
