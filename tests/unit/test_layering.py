"""The wings of `asset_api` import only downward."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "layers" / "core" / "asset_api"
# Each wing may import itself and what it names here. `composition`, above all of them, may import anything.
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
AWS = {"botocore", "boto3", "aws_lambda_powertools"}


def imported(module: Path) -> Iterator[str]:
    """The modules that `module` imports anywhere, for types alone included."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_package_is_a_wing() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == MAY_IMPORT.keys()
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "composition"}


@pytest.mark.parametrize("wing", MAY_IMPORT)
def test_imports_only_downward(wing: str) -> None:
    allowed = {f"asset_api.{name}" for name in {wing, *MAY_IMPORT[wing]}}
    upward = {
        f"{path.name}: {name}"
        for path in (PACKAGE / wing).rglob("*.py")
        for name in imported(path)
        if name.startswith("asset_api.") and not any(name == at or name.startswith(f"{at}.") for at in allowed)
    }
    assert upward == set()


def test_media_knows_nothing_of_aws() -> None:
    names = {name.partition(".")[0] for path in (PACKAGE / "media").rglob("*.py") for name in imported(path)}
    assert names.isdisjoint(AWS)
