"""`python -m tools.smoke URL`, with a token in ASSETS_TOKEN: check a deployment, one line per promise."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

import httpx

# The imports register the checks, so their order matters: the last check deletes the files that the others uploaded.
from tools.smoke import checks, life_checks  # noqa: F401
from tools.smoke.deployment import BrokenPromiseError, Deployment
from tools.smoke.promises import CHECKS, Check
from tools.smoke.tidying import tidy

TIMEOUT_SECONDS = 60
HOLDS, FAILS, ON_AWS, SKIPPED = "ok", "FAILED", "AWS only", "skipped"


def main(argv: Sequence[str]) -> int:
    """Run all checks. Returns 0 if none fails, 1 if one does, 2 for invalid arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.smoke", description="Check that a deployment keeps its promises."
    )
    parser.add_argument("url", help="https://d111111abcdef8.cloudfront.net, or http://localhost:8000")
    parser.add_argument("--origin", default="https://page.example", help="an origin that CorsAllowOrigin allows")
    parser.add_argument("--model", default="", help="also generate a video with this model, at the model's price")
    arguments = parser.parse_args(argv)
    token = os.environ.get("TOKEN") or os.environ.get("ASSETS_TOKEN", "")
    if not token or not arguments.url.startswith("http"):
        print(
            "Usage: make smoke URL=https://…, with ASSETS_TOKEN set (`make -s deployed-token SUB=smoke` prints one)",
            file=sys.stderr,
        )
        return 2
    with httpx.Client(timeout=TIMEOUT_SECONDS) as http:
        throwaway_token = os.environ.get("ERASE_TOKEN", "")
        deployment = Deployment(
            arguments.url.rstrip("/"), token, http, arguments.origin, arguments.model, throwaway_token
        )
        try:
            return _report(_results(deployment))
        finally:
            with suppress(BrokenPromiseError, httpx.HTTPError):
                tidy(deployment)


def _results(deployment: Deployment) -> Iterable[tuple[str, Check, str]]:
    for check in CHECKS:
        if check.on_aws_only and not deployment.is_on_aws:
            yield ON_AWS, check, ""
        elif check.needs_model and not deployment.model:
            yield SKIPPED, check, "set MODEL=owner/name to generate one, at the model's price"
        elif check.needs_throwaway_owner and not deployment.throwaway_token:
            yield SKIPPED, check, "set ERASE_TOKEN to a token of an owner without assets to erase that owner"
        else:
            try:
                check.holds(deployment)
            except (BrokenPromiseError, httpx.HTTPError, KeyError, ValueError) as error:
                yield FAILS, check, str(error) or type(error).__name__
            else:
                yield HOLDS, check, ""


def _report(results: Iterable[tuple[str, Check, str]]) -> int:
    counts: dict[str, int] = {}
    for outcome, check, why in results:
        counts[outcome] = counts.get(outcome, 0) + 1
        print(f"{outcome:12}{check.promise}{f': {why}' if why else ''}", flush=True)
    print("\n" + ", ".join(f"{number} {outcome}" for outcome, number in counts.items()))
    return 1 if FAILS in counts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
