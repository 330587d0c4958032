"""docs/contract.md: every test it names exists, and it names every end-to-end test."""

import ast
import functools
import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
TABLE = TESTS.parent / "docs" / "contract.md"
NAME = re.compile(r"`((?:\w+/)+test_\w+)::(test_\w+)`")
# Of the local stack itself, of which the contract has the commands only.
NOT_OF_THE_CONTRACT = ("e2e/test_make_run",)


@functools.cache
def names_in(module: Path) -> set[str]:
    functions = [node for node in ast.parse(module.read_text()).body if isinstance(node, ast.FunctionDef)]
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_test_named_in_the_table_exists() -> None:
    named = NAME.findall(TABLE.read_text())
    assert named
    missing = [f"{module}::{name}" for module, name in named if name not in names_in(TESTS / f"{module}.py")]
    assert missing == []


def test_every_row_of_the_table_names_a_test() -> None:
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")]
    bodies = [row for row in rows if not row.startswith(("| ---", "| The contract says"))]
    assert bodies
    assert [row for row in bodies if not NAME.search(row)] == []


def test_every_end_to_end_test_is_named_in_the_table() -> None:
    modules = {f"e2e/{path.stem}": path for path in (TESTS / "e2e").glob("test_*.py")}
    there = {
        (name, test) for name, path in modules.items() if name not in NOT_OF_THE_CONTRACT for test in names_in(path)
    }
    assert there - set(NAME.findall(TABLE.read_text())) == set()
