"""docs/clients.md: the methods of both clients in order, and the Python client's error hierarchy."""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from asset_upload_client import AssetClient, AsyncAssetClient, errors

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = (ROOT / "docs" / "clients.md").read_text()
ROWS = re.findall(r"^\| (\S+) \| (\S+) \| \w", DOCUMENT, re.MULTILINE)
REASONS = re.findall(r"^- `(\w+)`: \S", DOCUMENT, re.MULTILINE)
NONE = "—"


def column(index: int) -> list[str]:
    return [row[index].strip("`") for row in ROWS if row[index] != NONE]


def methods_of(client: type) -> list[str]:
    """List the public methods and properties of a class in source order."""
    (body,) = [node for node in ast.parse(inspect.getsource(client)).body if isinstance(node, ast.ClassDef)]
    names = [node.name for node in body.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return list(dict.fromkeys(name for name in names if not name.startswith("_")))


def methods_of_javascript() -> list[str]:
    declared = (ROOT / "clients/js/types/client.d.ts").read_text()
    names = re.findall(
        r"^    (?:get |set |static )?(\w+)\(", declared.partition("export declare class AssetClient")[2], re.MULTILINE
    )
    return [name for name in dict.fromkeys(names) if name != "constructor"]


def in_snake_case(name: str) -> str:
    return re.sub(r"[A-Z]", lambda capital: "_" + capital[0].lower(), name)


def test_the_table_lists_every_python_method_in_order() -> None:
    assert column(0) == methods_of(AssetClient)


def test_the_async_client_has_the_same_methods() -> None:
    assert [name.replace("aclose", "close") for name in methods_of(AsyncAssetClient)] == methods_of(AssetClient)


def test_the_table_lists_every_javascript_method_in_order() -> None:
    assert column(1) == methods_of_javascript()


@pytest.mark.parametrize(("python", "javascript"), ROWS)
def test_methods_have_the_same_name_in_both_clients_or_a_reason(python: str, javascript: str) -> None:
    if NONE in (python, javascript):
        assert (python + javascript).replace(NONE, "").strip("`") in REASONS
    else:
        assert in_snake_case(javascript) == python


def test_no_reason_is_given_for_methods_of_both_clients() -> None:
    assert sorted(REASONS) == sorted((a + b).replace(NONE, "").strip("`") for a, b in ROWS if NONE in (a, b))


def tree(error: type[errors.AssetError], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, error.__name__
    for kind in error.__subclasses__():
        yield from tree(kind, depth + 1)


def with_parents(tree: Iterable[tuple[int, str]]) -> set[tuple[str, ...]]:
    """List the path from the root to each name of a tree, which is given by depth and name."""
    paths: set[tuple[str, ...]] = set()
    path: list[str] = []
    for depth, name in tree:
        path[depth:] = [name]
        paths.add(tuple(path))
    return paths


def test_the_documented_error_hierarchy_matches_the_code() -> None:
    drawn = DOCUMENT.partition("```text\n")[2].partition("```")[0].splitlines()
    found = [(len(line) - len(line.lstrip("│├└─ ")), line.lstrip("│├└─ ").split()[0]) for line in drawn]
    assert with_parents((indent // 4, name) for indent, name in found) == with_parents(tree(errors.AssetError))
