"""Make packages, in a layer being built, import rarely used modules on first use.

Powertools' packages import everything they export: one resolver pulls in the others, AppSync's with asyncio, and the
classes for thirty kinds of events. botocore imports its documentation generator with an HTML parser; urllib3 imports
zip support to read a package's version. Usage: `python lazy_imports.py SITE`, where SITE is the layer's `python`
directory. The `__init__` of each of `PACKAGES` becomes lazy (PEP 562), and each import of `DEFERRED` moves into the
functions that use it. Nothing is removed: tests/template/test_lazy_imports.py requests every name.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGES = (
    "aws_lambda_powertools",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.event_handler.openapi",
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "jwt",
)
# By module, the imports that only its functions use.
DEFERRED = {
    "aws_lambda_powertools.logging.logger": {"aws_lambda_powertools.utilities"},
    "aws_lambda_powertools.middleware_factory.factory": {"aws_lambda_powertools.tracing"},
    "botocore.client": {"botocore.paginate", "botocore.retries.adaptive", "botocore.waiter"},
    "botocore.compat": {"dateutil.tz"},
    "botocore.configloader": {"configparser"},
    "botocore.credentials": {"dateutil.parser", "dateutil.tz"},
    "botocore.docs": {"botocore.docs.service"},
    "botocore.docs.docstring": {
        "botocore.docs.bcdoc.restdoc",
        "botocore.docs.method",
        "botocore.docs.paginator",
        "botocore.docs.waiter",
    },
    "botocore.handlers": {"botocore.retryhandler", "botocore.translate"},
    "botocore.paginate": {"jmespath"},
    "botocore.parsers": {"botocore.eventstream"},
    "botocore.regions": {"jmespath"},
    "botocore.session": {
        "botocore.monitoring",
        "botocore.paginate",
        "botocore.retryhandler",
        "botocore.translate",
        "botocore.waiter",
    },
    "botocore.tokens": {"dateutil.parser", "dateutil.tz"},
    "botocore.utils": {"dateutil.parser", "dateutil.tz"},
    "botocore.waiter": {"jmespath"},
    "pydantic_core": {"pydantic_core.core_schema"},
    "urllib3.fields": {"mimetypes"},
    "urllib3.http2": {"importlib.metadata"},
}
# By bound name: the module, and its name there; None if the name stands for the module's top-level package.
_Origins = dict[str, tuple[str, str | None]]
_RESOLVER = """

_IMPORTED_FROM = {imported_from!r}


def __getattr__(name):
    try:
        module, attribute = _IMPORTED_FROM[name]
    except KeyError:
        raise AttributeError(f"module {{__name__!r}} has no attribute {{name!r}}") from None
    # Like import statements: `import a.b` binds `a`, and `from a import b` may bind a module.
    value = __import__(module, fromlist=[attribute] if attribute else [])
    value = globals()[name] = getattr(value, attribute) if attribute else value
    return value
"""


def make_lazy(site: Path, package: str) -> None:
    """Make `package` import its exports from its own submodules on first use.

    Raises FileNotFoundError if `package` is missing, and ValueError if it has nothing to defer.
    """
    initializer = _source(site, package)
    submodules = {path.stem for path in initializer.parent.iterdir()}
    tree = ast.parse(initializer.read_text(encoding="utf-8"))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    imported_from: _Origins = {}
    body: list[ast.stmt] = []
    for statement in tree.body:
        names = _names_of(statement, package)
        inside = all(module.startswith(f"{package}.") for module, _ in names.values())
        # Importing a submodule of the same name would replace the export.
        if names and inside and not names.keys() & (used | submodules):
            imported_from |= names
        else:
            body.append(statement)
    if not imported_from:
        raise ValueError(f"{package} imports nothing that can wait")
    _write(initializer, body, imported_from)


def defer(site: Path, module: str, deferred: set[str]) -> None:
    """Make `module` import the modules `deferred` inside the functions that use them.

    Raises FileNotFoundError if it is missing, and ValueError if it does not import one of them or needs it at import
    time.
    """
    source = _source(site, module)
    package = module if source.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(source.read_text(encoding="utf-8"))
    imported_from: _Origins = {}
    body: list[ast.stmt] = []
    for statement in tree.body:
        names = _names_of(statement, package)
        waiting = {name: origin for name, origin in names.items() if deferred & _modules(*origin)}
        imported_from |= waiting
        if isinstance(statement, ast.Import | ast.ImportFrom) and waiting:
            statement.names = [alias for alias in statement.names if _bound(alias) not in waiting]
        if names.keys() - waiting.keys() or not names:
            body.append(statement)
    missing = deferred - {module for origin in imported_from.values() for module in _modules(*origin)}
    if missing:
        raise ValueError(f"{module} does not import {', '.join(sorted(missing))}")
    evaluates_annotations = not any(
        isinstance(statement, ast.ImportFrom) and statement.module == "__future__" for statement in body
    )
    early = {node.id for node in _before_calls(body, annotations=evaluates_annotations) if isinstance(node, ast.Name)}
    if needed := early & imported_from.keys():
        raise ValueError(f"{module} needs {', '.join(sorted(needed))} as it is imported")
    for function in _functions(body):
        _import_within(function, imported_from, module)
    _write(source, body, imported_from)


def _source(site: Path, module: str) -> Path:
    directory = site.joinpath(*module.split("."))
    return directory / "__init__.py" if directory.is_dir() else directory.with_suffix(".py")


def _names_of(statement: ast.stmt, package: str) -> _Origins:
    """Map the names bound by an import statement to their origins; empty for other statements."""
    if isinstance(statement, ast.Import):
        # `import a.b` binds `a`; by another name, it would bind the module itself.
        if any(alias.asname for alias in statement.names):
            return {}
        return {_bound(alias): (alias.name, None) for alias in statement.names}
    if not isinstance(statement, ast.ImportFrom) or statement.module in (None, "__future__"):
        return {}
    origin = str(statement.module)
    if statement.level:
        ancestors = package.split(".")
        origin = ".".join([*ancestors[: len(ancestors) + 1 - statement.level], origin])
    return {_bound(alias): (origin, alias.name) for alias in statement.names}


def _bound(alias: ast.alias) -> str:
    """Return the name that an import alias binds."""
    return alias.asname or alias.name.partition(".")[0]


def _modules(origin: str, attribute: str | None) -> set[str]:
    """Modules that `attribute` of `origin` may come from: the attribute may be a module itself."""
    return {origin, f"{origin}.{attribute}"} if attribute else {origin}


def _before_calls(body: list[ast.stmt], *, annotations: bool) -> Iterator[ast.AST]:
    """Iterate over nodes evaluated at import time: everything but function bodies."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        yield node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns") and not annotations:
                continue
            if name == "body" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            pending += [
                child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
            ]


def _functions(body: list[ast.stmt]) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Iterate over the outermost functions."""
    nodes = _before_calls(body, annotations=False)
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _import_within(
    function: ast.FunctionDef | ast.AsyncFunctionDef, imported_from: Mapping[str, tuple[str, str | None]], module: str
) -> None:
    names = [node for statement in function.body for node in ast.walk(statement) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    if hidden := bound & imported_from.keys():
        raise ValueError(f"{module}.{function.name} has a {', '.join(sorted(hidden))} of its own")
    _import_in_block(function.body, imported_from)


def _import_in_block(block: list[ast.stmt], imported_from: Mapping[str, tuple[str, str | None]]) -> None:
    """Insert each import right before the statement that uses it, so that untaken branches import nothing."""
    for statement in list(block):
        for inner in _blocks(statement):
            _import_in_block(inner, imported_from)
        used = {node.id for node in _own_expressions(statement) if isinstance(node, ast.Name)}
        place = block.index(statement)
        block[place:place] = [_import(name, *imported_from[name]) for name in sorted(used & imported_from.keys())]


def _import(name: str, origin: str, attribute: str | None) -> ast.stmt:
    if attribute is None:
        return ast.Import([ast.alias(origin)])
    return ast.ImportFrom(origin, [ast.alias(attribute, name if name != attribute else None)], 0)


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Iterate over the blocks nested in a statement: branches, handlers, a function's body."""
    for _, value in ast.iter_fields(node):
        if not isinstance(value, list) or not value:
            continue
        if isinstance(value[0], ast.stmt):
            yield value
        for child in value:
            if isinstance(child, ast.ExceptHandler | ast.match_case):
                yield from _blocks(child)


def _own_expressions(node: ast.AST) -> Iterator[ast.AST]:
    """Iterate over a statement's own expressions, without those of nested statements."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _own_expressions(child)


def _write(source: Path, body: list[ast.stmt], imported_from: _Origins) -> None:
    if any(isinstance(statement, ast.FunctionDef) and statement.name == "__getattr__" for statement in body):
        raise ValueError(f"{source} has a __getattr__ already")
    rest = ast.unparse(ast.fix_missing_locations(ast.Module(body, type_ignores=[])))
    # Not in place: an installer may have linked the file to its cache.
    source.unlink()
    source.write_text(rest + _RESOLVER.format(imported_from=imported_from), encoding="utf-8")


if __name__ == "__main__":
    for each in PACKAGES:
        make_lazy(Path(sys.argv[1]), each)
    for each, modules in DEFERRED.items():
        defer(Path(sys.argv[1]), each, modules)
