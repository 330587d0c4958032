"""A docstring opens with an imperative verb phrase or a plain noun phrase, never with half a sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("layers", "functions", "local", "stand_ins", "tools", "clients/python", "tests", "bench")
OPENINGS = frozenset(
    ("What", "Of", "Who", "Whose", "Whether", "As", "Apart", "How", "Where", "When", "Which", "That", "Those", "By",
     "For", "From", "In", "Not")
)  # fmt: skip


def openings(source: str) -> Iterator[tuple[int, str]]:
    """Find the line and first word of every docstring."""
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring and docstring.strip():
                yield node.body[0].lineno, docstring.split()[0].strip(".,:;")


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Walk only through blocks: an expression contains no definition with a docstring."""
    yield node
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, block, ()):
            yield from _statements(child)


def test_no_docstring_opens_with_half_a_sentence() -> None:
    modules = [
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts
    ]
    assert len(modules) > 300
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in modules
        for line, word in openings(path.read_text(encoding="utf-8"))
        if word in OPENINGS
    ]
    assert found == []
