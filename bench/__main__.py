"""`python -m bench`: measures, and writes docs/performance.md; with `--check`, compares with bench/budget.toml."""

import argparse
import sys
from pathlib import Path

from bench import report
from bench.environments import Subject, run
from bench.sites import FUNCTIONS, build_core_layer, build_fixture, build_images_layer
from bench.stub_aws import stub_aws


def compared(layer: Path) -> list[Subject]:
    """Measurements of both jobs, for the service and the fixtures."""
    subjects = [_function(layer, "form", "upload", "upload-form", 201), _function(layer, "list", "list", "list")]
    for fixture in ("bare", "fastapi"):
        site = build_fixture(fixture)
        subjects.append(Subject(f"form {fixture}", (site,), "upload-form", 201))
        subjects.append(Subject(f"list {fixture}", (site,), "list"))
    return subjects


def others(layer: Path) -> list[Subject]:
    """Cold starts of the other functions; their warm cost depends on their input."""
    return [
        _function(layer, "delete", "delete", "delete"),
        _function(layer, "publish", "publish", "publish"),
        _function(layer, "purge", "purge", "purge"),
        # Without a job of that id; the webhook's signature is of another day.
        _function(layer, "cancel", "generate", "cancel-job", 404),
        _function(layer, "webhook", "webhook", "webhook", 401),
        _function(layer, "ingest", "ingest", "ingest"),
        _function(layer, "reconcile", "reconcile", "reconcile"),
        # Of an asset that there is not: without decoding, and with libvips loaded.
        Subject("rendition", (FUNCTIONS / "renditions", layer, build_images_layer()), "rendition", 404),
    ]


def _function(layer: Path, name: str, function: str, event: str, status: int = 200) -> Subject:
    return Subject(name, (FUNCTIONS / function, layer), event, status)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where a budget is exceeded")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--warm-rounds", type=int, default=3)
    parser.add_argument("--invocations", type=int, default=300, help="a warm round")
    options = parser.parse_args()
    layer = build_core_layer()
    pairs = compared(layer)
    with stub_aws() as url:
        # Interleaved: what else the machine does falls on all of them alike.
        cold = _rounds([*pairs, *([] if options.check else others(layer))], url, options.rounds, 0)
        warm = _rounds(pairs, url, options.warm_rounds, options.invocations)
    budget = report.budget("invocations")
    exceeded = report.over_budget(report.ratios(cold, warm), budget)
    if not options.check:
        report.write(cold, warm, budget)
    return report.exit_status(exceeded, check=options.check)


def _rounds(subjects: list[Subject], url: str, rounds: int, invocations: int) -> report.Rounds:
    measured = [[run(subject, url, invocations=invocations) for subject in subjects] for _ in range(rounds)]
    return {
        subject.name: of_one for subject, of_one in zip(subjects, map(list, zip(*measured, strict=True)), strict=True)
    }


if __name__ == "__main__":
    sys.exit(main())
