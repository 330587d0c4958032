"""Plans: what a change to the sources requires of the running stack."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from local import site

SHARED_PACKAGE = Path("layers/core/asset_api")


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps that a set of changed files requires."""

    functions: frozenset[str] = frozenset()
    layer: bool = False
    page: bool = False
    deploy: bool = False

    def describe(self) -> str:
        """Describe the plan for a progress line."""
        if self.deploy:
            return "the template, with a deploy"
        parts = [f"function {name}" for name in sorted(self.functions)]
        parts += ["the shared package"] * self.layer + ["the page"] * self.page
        return ", ".join(parts)


def plan(changed: Iterable[Path]) -> Plan:
    """Plan for changed files, given relative to the checkout's root. Anything but code and the page needs a deploy."""
    functions: set[str] = set()
    layer = page = deploy = False
    for path in changed:
        if path.is_relative_to(SHARED_PACKAGE):
            layer = True
        elif path.parts[0] == "functions" and len(path.parts) > 2:
            functions.add(path.parts[1])
        elif any(path.is_relative_to(directory) for directory in site.DIRECTORIES):
            page = True
        else:
            deploy = True
    return Plan(frozenset(functions), layer, page, deploy)


def check_syntax(root: Path, changed: Iterable[Path]) -> None:
    """Compile the changed modules. Raises SyntaxError for the first that does not compile."""
    for relative in changed:
        path = root / relative
        if path.suffix == ".py" and path.is_file():
            compile(path.read_bytes(), str(relative), "exec", dont_inherit=True)
