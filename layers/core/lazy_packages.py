"""Lets packages, in a layer that is being built, import what they export when it is first asked for (PEP 562).

Powertools' packages import everything they export: one resolver brings the others, AppSync's with asyncio, and the
classes of thirty events. `python lazy_packages.py SITE`, SITE being the layer's `python` directory, rewrites the
`__init__` of each package of `PACKAGES`. Nothing is removed: tests/template/test_lazy_packages.py asks for every name.
"""

import ast
import sys
from pathlib import Path

PACKAGES = (
    "aws_lambda_powertools",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.event_handler.openapi",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
)
_RESOLVER = """

_EXPORTED_BY = {exported_by!r}


def __getattr__(name):
    import importlib

    try:
        module, attribute = _EXPORTED_BY[name]
    except KeyError:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}") from None
    value = globals()[name] = getattr(importlib.import_module(module), attribute)
    return value
"""


def make_lazy(site: Path, package: str) -> None:
    """Raises FileNotFoundError or ValueError where `package` is not there, or has nothing that can wait."""
    directory = site.joinpath(*package.split("."))
    initializer = directory / "__init__.py"
    submodules = {path.stem for path in directory.iterdir()}
    tree = ast.parse(initializer.read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    exported_by: dict[str, tuple[str, str]] = {}
    body: list[ast.stmt] = []
    for statement in tree.body:
        names = _exports(statement, package)
        # A submodule of the same name would take its place once it is imported.
        if names and not names.keys() & (used | submodules):
            exported_by |= names
        else:
            body.append(statement)
    if not exported_by:
        raise ValueError(f"{package} imports nothing that can wait")
    rest = ast.unparse(ast.Module(body, type_ignores=[]))
    # Not in place: an installer may have linked the file to its cache.
    initializer.unlink()
    initializer.write_text(rest + _RESOLVER.format(exported_by=exported_by), encoding="utf-8")


def _exports(statement: ast.stmt, package: str) -> dict[str, tuple[str, str]]:
    """What a statement like `from .module import name` exports: by its name here, the module and its name there."""
    if not isinstance(statement, ast.ImportFrom) or statement.module is None or statement.level > 1:
        return {}
    module = f"{package}.{statement.module}" if statement.level else statement.module
    if not module.startswith(f"{package}."):
        return {}
    return {alias.asname or alias.name: (module, alias.name) for alias in statement.names}


if __name__ == "__main__":
    for each in PACKAGES:
        make_lazy(Path(sys.argv[1]), each)
