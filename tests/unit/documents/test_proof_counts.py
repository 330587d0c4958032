"""Counts in docs/proof.md that can be taken from the tests themselves."""

import json
from collections.abc import Sized
from pathlib import Path

import pytest

from tests.corpus import allowed, damaged, extremes, polyglots, refused, worst
from tests.faults.permissions import NEEDED_FOR
from tools.smoke import checks, life_checks, tidying  # noqa: F401 - importing them registers the checks
from tools.smoke.promises import CHECKS

ROOT = Path(__file__).parents[3]
PROOF = " ".join((ROOT / "docs" / "proof.md").read_text().split())
EDGE_CASES = json.loads((ROOT / "tests" / "edge" / "cases.json").read_text())["cases"]
OTHERS: tuple[Sized, ...] = (
    refused.REFUSED,
    damaged.SPOOFED,
    polyglots.PUBLISHED,
    polyglots.REFUSED,
    damaged.CUT_SHORT,
    damaged.CHANGED,
    {**extremes.HUGE, **extremes.IMPOSSIBLE},
)
LOCAL_CHECKS = [check for check in CHECKS if not check.on_aws_only]


@pytest.mark.parametrize(
    "sentence",
    [
        f"generates {len(allowed.ALLOWED)} files of the allowed types and {sum(len(each) for each in OTHERS)} others",
        f"| related formats, forgeries, fragments | {len(refused.REFUSED)} |",
        f"| an allowed type with another type's name | {len(damaged.SPOOFED)} |",
        f"| polyglots that begin as an allowed type | {len(polyglots.PUBLISHED)} |",
        f"| polyglots that begin as something else | {len(polyglots.REFUSED)} |",
        f"| truncated at 14 points of every sample | {len(damaged.CUT_SHORT)} |",
        f"| one byte of a header changed | {len(damaged.CHANGED)} |",
        f"wrong file names and {len(damaged.BAD_TYPES)} wrong content types",
        f"`tests/corpus/worst.py` has {len(worst.WORST)} files",
        f"for a table of {len(EDGE_CASES)} cases",
        f"works again with it: {len(NEEDED_FOR)} permissions",
        f"checks {len(CHECKS)} promises of a deployment: {len(LOCAL_CHECKS)} hold on the local stack",
    ],
)
def test_the_count_is_current(sentence: str) -> None:
    assert sentence in PROOF
