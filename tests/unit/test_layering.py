"""The layering of `asset_api`: packages import only downward."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "layers" / "core" / "asset_api"
# Each package may import itself and the packages named here.
MAY_IMPORT = {
    "platform": set(),
    "media": {"platform.errors"},
    "assets": {"media", "platform"},
    "publishing": {"assets", "media", "platform"},
    "renditions": {"publishing", "assets", "media", "platform"},
    "jobs": {"publishing", "assets", "media", "platform"},
    "uploads": {"publishing", "assets", "media", "platform"},
    "generation": {"jobs", "publishing", "assets", "media", "platform"},
    "imports": {"jobs", "publishing", "assets", "media", "platform"},
    "erasures": {"generation", "jobs", "publishing", "assets", "media", "platform"},
    "events": {"jobs", "assets", "media", "platform"},
}
# A module of `composition` creates a package's objects: it may import the package, and whatever the package may.
COMPOSED = {name: {name, *below} for name, below in MAY_IMPORT.items() if name not in {"media", "platform"}} | {
    "principals": {"platform"},
    "due_jobs": {"generation", "jobs"},
    "parts": {"uploads", "publishing", "assets", "media", "platform"},
    "changing": {"renditions", *MAY_IMPORT["renditions"]},
}
AWS = {"botocore", "boto3", "aws_lambda_powertools"}


def imported(module: Path) -> Iterator[str]:
    """List the modules that `module` imports anywhere, including for types only."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def upward(paths: Iterable[Path], allowed: Iterable[str]) -> set[str]:
    """List the modules of this package that `paths` import beyond those `allowed`."""
    return {
        f"{path.name}: {name}"
        for path in paths
        for name in imported(path)
        if name.startswith("asset_api.")
        and not any(name == f"asset_api.{at}" or name.startswith(f"asset_api.{at}.") for at in allowed)
    }


def test_every_package_is_in_the_layering() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == {*MAY_IMPORT, "composition"}
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__"}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_only_downward(package: str) -> None:
    assert upward((PACKAGE / package).rglob("*.py"), {package, *MAY_IMPORT[package]}) == set()


def test_every_package_has_a_composition_module() -> None:
    assert {path.stem for path in (PACKAGE / "composition").glob("*.py")} == {"__init__", *COMPOSED}


@pytest.mark.parametrize("module", COMPOSED)
def test_composes_only_downward(module: str) -> None:
    """A function pays for what its modules of `composition` import."""
    allowed = COMPOSED[module] | {f"composition.{package}" for package in COMPOSED[module]}
    assert upward([PACKAGE / "composition" / f"{module}.py"], allowed) <= {f"{module}.py: asset_api.composition"}


def test_media_does_not_import_aws_libraries() -> None:
    names = {name.partition(".")[0] for path in (PACKAGE / "media").rglob("*.py") for name in imported(path)}
    assert names.isdisjoint(AWS)
