"""What the layer's lazy packages (layers/core/lazy_packages.py) export: all that they did, and nothing too early."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import aws_lambda_powertools
import pytest

import lazy_packages

INSTALLED = Path(aws_lambda_powertools.__file__).parents[1]
# What each public name stands for, where it has a name of its own.
NAMES = """
import importlib, json, sys, types
def identity(value):
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
exported = {}
for package, names in json.loads(sys.argv[1]).items():
    module = importlib.import_module(package)
    exported[package] = {name: identity(getattr(module, name)) for name in names}
print(json.dumps(exported))
"""


@pytest.fixture(scope="module")
def lazy_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(INSTALLED / "aws_lambda_powertools", site / "aws_lambda_powertools")
    for package in lazy_packages.PACKAGES:
        lazy_packages.make_lazy(site, package)
    return site


def run(code: str, *arguments: str, first: Path) -> str:
    with_site = f"import sys; sys.path.insert(0, {str(first)!r})\n{code}"
    return subprocess.run(
        [sys.executable, "-c", with_site, *arguments], check=True, capture_output=True, text=True
    ).stdout


def imported_names(package: str) -> list[str]:
    tree = ast.parse(INSTALLED.joinpath(*package.split("."), "__init__.py").read_text(encoding="utf-8"))
    imports = [statement for statement in tree.body if isinstance(statement, ast.ImportFrom)]
    return [alias.asname or alias.name for statement in imports for alias in statement.names]


def test_every_name_stands_for_what_it_stood_for(lazy_site: Path) -> None:
    names = json.dumps({package: imported_names(package) for package in lazy_packages.PACKAGES})
    assert run(NAMES, names, first=lazy_site) == run(NAMES, names, first=INSTALLED)


@pytest.mark.parametrize("package", lazy_packages.PACKAGES)
def test_imports_nothing_that_was_not_asked_for(package: str, lazy_site: Path) -> None:
    code = f"import {package}; print(sorted(each for each in sys.modules if each.startswith('aws_lambda_powertools')))"
    early, eager = run(code, first=lazy_site), run(code, first=INSTALLED)
    assert str(lazy_site) in run(f"import {package}; print({package}.__file__)", first=lazy_site)
    assert len(early) < len(eager)


def test_a_name_that_is_none_is_an_attribute_error(lazy_site: Path) -> None:
    code = "import aws_lambda_powertools; print(hasattr(aws_lambda_powertools, 'Nothing'))"
    assert run(code, first=lazy_site) == "False\n"


def test_an_upgrade_that_leaves_nothing_to_wait_for_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").write_text("import os\n")
    with pytest.raises(ValueError, match="package imports nothing that can wait"):
        lazy_packages.make_lazy(tmp_path, "package")


def test_leaves_an_installers_cache_as_it_is(tmp_path: Path) -> None:
    """Installers link files to their cache: what is written in place is written there, too."""
    cached, package = tmp_path / "cached.py", tmp_path / "package"
    cached.write_text("from package.module import name\n")
    package.mkdir()
    (package / "__init__.py").hardlink_to(cached)
    lazy_packages.make_lazy(tmp_path, "package")
    assert cached.read_text() == "from package.module import name\n"
