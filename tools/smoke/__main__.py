"""`python -m tools.smoke URL`, with a token in ASSETS_TOKEN: a line for each promise; status 1 where one is broken."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

import httpx

from tools.smoke.checks import CHECKS, Check, tidy
from tools.smoke.deployment import BrokenPromiseError, Deployment

TIMEOUT_SECONDS = 60
HOLDS, FAILS, ON_AWS, NOT_ASKED = "holds", "FAILS", "on AWS only", "not asked"


def main(argv: Sequence[str]) -> int:
    """The exit status: 0 where everything holds that can, 1 where something fails, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m tools.smoke", description="Try what a deployment promises.")
    parser.add_argument("url", help="https://d111111abcdef8.cloudfront.net, or http://localhost:8000")
    parser.add_argument("--origin", default="https://page.example", help="of a page that CorsAllowOrigin lets call")
    parser.add_argument("--model", default="", help="generate with it, which costs what the model costs")
    arguments = parser.parse_args(argv)
    token = os.environ.get("TOKEN") or os.environ.get("ASSETS_TOKEN", "")
    if not token or not arguments.url.startswith("http"):
        print(
            "make smoke URL=https://…, with a token in ASSETS_TOKEN: `make -s deployed-token SUB=smoke` prints one",
            file=sys.stderr,
        )
        return 2
    with httpx.Client(timeout=TIMEOUT_SECONDS) as http:
        deployment = Deployment(arguments.url.rstrip("/"), token, http, arguments.origin, arguments.model)
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
            yield NOT_ASKED, check, "MODEL=owner/name generates one, which costs what the model costs"
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
