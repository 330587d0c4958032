"""SECURITY.md: every promise names existing tests."""

import re

from tests.unit.documents.test_contract_table import TESTS, names_in

PROMISES = TESTS.parent / "SECURITY.md"
NAME = re.compile(r"`([\w/]+/test_\w+)::(test_\w+)`")


def test_every_test_named_by_a_promise_exists() -> None:
    named = NAME.findall(PROMISES.read_text())
    assert named
    missing = [f"{module}::{name}" for module, name in named if name not in names_in(TESTS / f"{module}.py")]
    assert missing == []


def test_every_promise_names_a_test() -> None:
    _, _, table = PROMISES.read_text().partition("| Promise | Tests |")
    promises = [line for line in table.partition("## ")[0].splitlines() if line.startswith("| ")]
    bodies = [line for line in promises if not line.startswith("| ---")]
    assert bodies
    assert [body for body in bodies if not NAME.search(body)] == []
