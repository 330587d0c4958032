"""`python -m bench`: measure, and write docs/performance.md; with `--check`, compare with bench/budget.toml instead."""

import argparse
import sys
from pathlib import Path

from bench import report
from bench.environments import Subject, run
from bench.sites import FUNCTIONS, build_core_layer, build_fixture, build_images_layer
from bench.stub_aws import stub_aws


def compared(layer: Path) -> list[Subject]:
    """Return the subjects that do both jobs, for the service and the fixtures."""
    subjects = [_function(layer, "form", "upload", "upload-form", 201), _function(layer, "list", "list", "list")]
    for fixture in ("bare", "fastapi"):
        site = build_fixture(fixture)
        subjects.append(Subject(f"form {fixture}", (site,), "upload-form", 201))
        subjects.append(Subject(f"list {fixture}", (site,), "list"))
    return subjects


def others(layer: Path) -> list[Subject]:
    """Return the other functions, whose cold starts alone are measured: their warm cost depends on their input."""
    return [
        _function(layer, "delete", "delete", "delete"),
        _function(layer, "publish", "publish", "publish"),
        _function(layer, "purge", "purge", "purge"),
        # There is no job with that id, and the webhook's signature has expired.
        _function(layer, "cancel", "generate", "cancel-job", 404),
        _function(layer, "webhook", "webhook", "webhook", 401),
        _function(layer, "ingest", "ingest", "ingest"),
        _function(layer, "reconcile", "reconcile", "reconcile"),
        # The asset does not exist, so libvips is loaded but decodes nothing.
        Subject("rendition", (FUNCTIONS / "renditions", layer, build_images_layer()), "rendition", 404),
    ]


def _function(layer: Path, name: str, function: str, event: str, status: int = 200) -> Subject:
    return Subject(name, (FUNCTIONS / function, layer), event, status)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and exit with 1 if a budget is exceeded")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--warm-rounds", type=int, default=3)
    parser.add_argument("--invocations", type=int, default=300, help="invocations per warm round")
    options = parser.parse_args()
    layer = build_core_layer()
    pairs = compared(layer)
    with stub_aws() as url:
        # Interleave the subjects, so that other load on the machine affects all of them alike.
        cold = _rounds([*pairs, *([] if options.check else others(layer))], url, options.rounds, 0)
        warm = _rounds(pairs, url, options.warm_rounds, options.invocations)
    budget = report.budget("invocations")
    exceeded = report.over_budget(report.ratios(cold, warm), budget)
    if not options.check:
        report.write(cold, warm, budget)
    return report.exit_status(exceeded, check=options.check)


def _rounds(subjects: list[Subject], url: str, rounds: int, invocations: int) -> report.Rounds:
    measured = [[run(subject, url, invocations=invocations) for subject in subjects] for _ in range(rounds)]
    by_subject = map(list, zip(*measured, strict=True))
    return {subject.name: results for subject, results in zip(subjects, by_subject, strict=True)}


if __name__ == "__main__":
    sys.exit(main())
