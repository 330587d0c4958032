"""Lazy imports in the layer (build/lazy_imports.py): every name exists, works, and is not imported early."""

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import aws_lambda_powertools
import pytest

import lazy_imports

INSTALLED = Path(aws_lambda_powertools.__file__).parents[1]
MODULES = (*lazy_imports.PACKAGES, *lazy_imports.DEFERRED)
LOGGER = "aws_lambda_powertools.logging.logger"
# They defer names: of a package, which others import too, the logger defers a module.
BY_NAMES = (*lazy_imports.PACKAGES, LOGGER)
# The object of each public name.
NAMES = """
import importlib, json, sys, types
def identity(value):
    return f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
exported = {}
for module_name, names in json.loads(sys.argv[1]).items():
    module = importlib.import_module(module_name)
    exported[module_name] = {name: identity(getattr(module, name)) for name in names}
print(json.dumps(exported))
"""
# Uses of functions that import their dependencies themselves.
USES = {
    "botocore.utils": """
from botocore.utils import parse_timestamp
print(parse_timestamp("Wed, 02 Oct 2002 13:00:00 GMT"), parse_timestamp("2002-10-02T13:00:00Z"), parse_timestamp(1))""",
    "botocore.compat": """
from botocore.compat import get_tzinfo_options
print([type(option()).__name__ for option in get_tzinfo_options()])""",
    "botocore.tokens": """
from botocore.tokens import _utc_now
print(_utc_now().tzname())""",
    "botocore.docs": """
import botocore.session
client = botocore.session.Session().create_client("dynamodb", region_name="us-east-1")
help(client.query)
help(client.get_paginator("query").paginate)""",
    "botocore.paginate": """
from botocore.paginate import PaginatorModel, Paginator
config = {"input_token": "a", "output_token": "b.c", "result_key": "d", "more_results": "e"}
print(Paginator(print, config, None).result_keys)""",
    "botocore.regions": """
from botocore.regions import EndpointResolverBuiltins, EndpointRulesetResolver
from botocore.model import OperationModel, ServiceModel
shapes = {"A": {"type": "structure", "members": {"b": {"shape": "B"}}}, "B": {"type": "string"}}
operation = {"name": "O", "input": {"shape": "A"}, "operationContextParams": {"C": {"path": "b"}}}
model = ServiceModel({"operations": {"O": operation}, "shapes": shapes, "metadata": {}}).operation_model("O")
resolver = EndpointRulesetResolver.__new__(EndpointRulesetResolver)
print(resolver._resolve_param_as_operation_context_param("C", model, {"b": "d"}))""",
    "botocore.waiter": """
from botocore.waiter import AcceptorConfig
matches = AcceptorConfig({"state": "success", "matcher": "path", "argument": "a.b", "expected": 1}).matcher_func
print(matches({"a": {"b": 1}}), matches({"a": {"b": 2}}))""",
    "aws_lambda_powertools.logging.logger": """
from aws_lambda_powertools import Logger
logger = Logger(service="a")
@logger.inject_lambda_context(correlation_id_path="b.c")
def handler(event, context): return logger.get_correlation_id()
from types import SimpleNamespace
context = SimpleNamespace(function_name="", memory_limit_in_mb=1, invoked_function_arn="", aws_request_id="")
print(handler({"b": {"c": "d"}}, context))""",
    "botocore.credentials": """
from botocore.credentials import _local_now, _parse_if_needed
print(_parse_if_needed("2002-10-02T13:00:00Z"), _local_now().tzname())""",
    "aws_lambda_powertools.middleware_factory.factory": """
from aws_lambda_powertools.middleware_factory import lambda_handler_decorator
@lambda_handler_decorator(trace_execution=True)
def twice(handler, event, context): return 2 * handler(event, context)
@twice
def handler(event, context): return event
try:
    print(handler(3, None))
except ModuleNotFoundError as error:
    # The tracer's own, which is neither in the layer nor here.
    print(error)""",
    "botocore.client": """
import botocore.session
from botocore.config import Config
config = Config(retries={"mode": "adaptive"})
client = botocore.session.Session().create_client("dynamodb", region_name="us-east-1", config=config)
print(client.waiter_names, type(client.get_waiter("table_exists")).__name__)
print(type(client.get_paginator("query")).__name__, client.meta.config.retries)""",
    "botocore.configloader": """
import pathlib, tempfile
from botocore.configloader import raw_config_parse
with tempfile.TemporaryDirectory() as directory:
    path = pathlib.Path(directory, "config")
    path.write_text("[profile a]\\nregion = b\\n")
    print(raw_config_parse(str(path)))""",
    "botocore.parsers": """
import botocore.session
from botocore.parsers import create_parser
shape = botocore.session.Session().get_service_model("s3").operation_model("SelectObjectContent").output_shape
response = {"status_code": 200, "headers": {}, "body": None, "context": {"operation_name": "SelectObjectContent"}}
print(type(create_parser("rest-xml").parse(response, shape)["Payload"]).__name__)""",
    "botocore.session": """
import os
os.environ |= {"AWS_CSM_ENABLED": "true", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
import botocore.session
session = botocore.session.Session()
print(type(session._get_internal_component("monitor")).__name__)
print(session.get_waiter_model("s3").waiter_names, type(session.get_paginator_model("s3")).__name__)
client = session.create_client("s3", region_name="us-east-1")
print(client.generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"}).partition("?")[0])""",
    "jwt": """
import jwt
print(jwt.decode(jwt.encode({"sub": "a"}, "k" * 32), "k" * 32, algorithms=["HS256"]))
try:
    jwt.PyJWKClient("http://127.0.0.1:1").get_signing_key("a")
except jwt.PyJWKClientError as error:
    print(type(error).__name__)""",
    "urllib3.fields": """
from urllib3.fields import guess_content_type
print(guess_content_type("a.png"))""",
    "urllib3.http2": """
import urllib3.http2
try:
    urllib3.http2.inject_into_urllib3()
    print("HTTP/2")
except ImportError as error:
    print(error)""",
    "pydantic_core": """
from pydantic_core import SchemaValidator, core_schema
print(SchemaValidator(core_schema.int_schema()).validate_json(b"5"))""",
}

# Every use, in one process.
ALL_USES = """
import contextlib, io, json, sys
printed = {}
for module, use in json.loads(sys.argv[1]).items():
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(use, {})
    printed[module] = output.getvalue()
print(json.dumps(printed))
"""
# What each module imports in a process that has imported nothing else: a fork starts faster than an interpreter.
IMPORTED = """
import os, sys
for module in sys.argv[1:]:
    sys.stdout.flush()
    child = os.fork()
    if not child:
        __import__(module)
        assert sys.modules[module].__file__.startswith(sys.path[0])
        print(*sys.modules, flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(module + " failed")
"""
# Each use in a process of its own, which has imported nothing that only uses need.
EACH_USE = """
import botocore.session, json, os, sys
directory = sys.argv[1]
for module, use in json.loads(sys.argv[2]).items():
    child = os.fork()
    if not child:
        with open(os.path.join(directory, module), "w") as sys.stdout:
            exec(use, {})
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(module + " failed")
"""


@pytest.fixture(scope="module")
def printed_without() -> Mapping[str, str]:
    """Return the output of each use with the installed packages."""
    printed: Mapping[str, str] = json.loads(run(ALL_USES, json.dumps(USES), first=INSTALLED))
    return printed


@pytest.fixture(scope="module")
def printed_with(lazy_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Return the output of each use with the lazy packages."""
    scratch = tmp_path_factory.mktemp("uses")
    run(EACH_USE, str(scratch), json.dumps(USES), first=lazy_site)
    return {module: (scratch / module).read_text() for module in USES}


def imported_by_each(modules: Sequence[str], *, first: Path) -> dict[str, set[str]]:
    return dict(zip(modules, map(set, map(str.split, run(IMPORTED, *modules, first=first).splitlines())), strict=True))


@pytest.fixture(scope="module")
def imported_with(lazy_site: Path) -> Mapping[str, set[str]]:
    """Return the modules that each of `MODULES` imports, or that are imported with it by botocore's session."""
    (by_session,) = imported_by_each(["botocore.session"], first=lazy_site).values()
    others = [module for module in MODULES if module not in by_session]
    return dict.fromkeys(MODULES, by_session) | imported_by_each(others, first=lazy_site)


@pytest.fixture(scope="module")
def imported_without() -> Mapping[str, set[str]]:
    return imported_by_each(BY_NAMES, first=INSTALLED)


@pytest.fixture(scope="module")
def lazy_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    for package in sorted({module.partition(".")[0] for module in MODULES}):
        shutil.copytree(INSTALLED / package, site / package)
    for package in lazy_imports.PACKAGES:
        lazy_imports.make_lazy(site, package)
    for module, deferred in lazy_imports.DEFERRED.items():
        lazy_imports.defer(site, module, deferred)
    return site


def run(code: str, *arguments: str, first: Path) -> str:
    with_site = f"import sys; sys.path.insert(0, {str(first)!r})\n{code}"
    command = [sys.executable, "-c", with_site, *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def imported_names(module: str) -> list[str]:
    path = INSTALLED.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tree = ast.parse(source.read_text(encoding="utf-8"))
    froms = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module != "__future__"]
    wholes = [each for each in tree.body if isinstance(each, ast.Import)]
    return [alias.asname or alias.name for each in froms for alias in each.names] + [
        alias.asname or alias.name.partition(".")[0] for each in wholes for alias in each.names
    ]


def test_every_name_resolves_to_the_same_object(lazy_site: Path) -> None:
    names = json.dumps({module: imported_names(module) for module in MODULES})
    assert run(NAMES, names, first=lazy_site) == run(NAMES, names, first=INSTALLED)


@pytest.mark.parametrize("module", sorted(lazy_imports.DEFERRED.keys() - {LOGGER}))
def test_imports_nothing_before_its_use(module: str, imported_with: Mapping[str, set[str]]) -> None:
    assert lazy_imports.DEFERRED[module].isdisjoint(imported_with[module])


@pytest.mark.parametrize("module", BY_NAMES)
def test_imports_less_than_before(
    module: str, imported_with: Mapping[str, set[str]], imported_without: Mapping[str, set[str]]
) -> None:
    assert imported_with[module] < imported_without[module]


@pytest.mark.parametrize("module", USES)
def test_functions_behave_as_before(
    module: str, printed_with: Mapping[str, str], printed_without: Mapping[str, str]
) -> None:
    assert printed_with[module]
    assert printed_with[module] == printed_without[module]


def test_an_unknown_name_is_an_attribute_error(lazy_site: Path) -> None:
    code = "import aws_lambda_powertools; print(hasattr(aws_lambda_powertools, 'Nothing'))"
    assert run(code, first=lazy_site) == "False\n"


def test_a_package_without_deferrable_imports_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/__init__.py").write_text("import os\n")
    with pytest.raises(ValueError, match="package imports nothing that can wait"):
        lazy_imports.make_lazy(tmp_path, "package")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("import os\n", "module does not import json"),
        ("import json\nx = json.dumps(1)\n", "module needs json as it is imported"),
        ("import json\ndef f(dumps=json.dumps): ...\n", "module needs json as it is imported"),
        ("import json\nclass A:\n  x: json.JSONEncoder\n", "module needs json as it is imported"),
        ("import json\nwrite = lambda: json.dumps(1)\n", "module needs json as it is imported"),
        ("import json\ndef f(json): return json\n", "module.f has a json of its own"),
        ("import json\ndef f():\n  json = 1\n", "module.f has a json of its own"),
        ("import json\ndef __getattr__(name): ...\n", "has a __getattr__ already"),
    ],
)
def test_an_import_that_cannot_be_deferred_stops_the_build(source: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(source)
    with pytest.raises(ValueError, match=why):
        lazy_imports.defer(tmp_path, "module", {"json"})


EAGER = """
from __future__ import annotations
from json import dumps as write
from os import getcwd, path
import json.decoder, sys
class A:
    x: json
    def f(self, y: write):
        "Doc."
        if y:
            return 1
        elif write(y):
            return lambda: write(y)
        def g():
            try:
                pass
            except json.decoder.JSONDecodeError:
                return write
        return g
async def h():
    return path
"""
DEFERRED = """
from __future__ import annotations
from os import getcwd
import sys
class A:
    x: json
    def f(self, y: write):
        "Doc."
        if y:
            return 1
        else:
            from json import dumps as write
            if write(y):
                from json import dumps as write
                return lambda: write(y)
        def g():
            import json.decoder
            try:
                pass
            except json.decoder.JSONDecodeError:
                from json import dumps as write
                return write
        return g
async def h():
    from os import path
    return path
"""


def test_an_import_is_moved_to_its_uses(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(EAGER)
    lazy_imports.defer(tmp_path, "module", {"json", "json.decoder", "os.path"})
    moved = (tmp_path / "module.py").read_text().partition("_IMPORTED_FROM")[0]
    assert ast.dump(ast.parse(moved)) == ast.dump(ast.parse(DEFERRED))


def test_leaves_the_installers_cache_unchanged(tmp_path: Path) -> None:
    """Installers link files to their cache, so writing in place would change the cache."""
    cached, package = tmp_path / "cached.py", tmp_path / "package"
    cached.write_text("from package.module import name\n")
    package.mkdir()
    (package / "__init__.py").hardlink_to(cached)
    lazy_imports.make_lazy(tmp_path, "package")
    assert cached.read_text() == "from package.module import name\n"
