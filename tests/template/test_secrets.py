"""Secrets of each function: those that its code uses, and no others.

A function that is compromised by hostile bytes can then reveal only what it needs itself.
"""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.template.cloudformation import ROOT
from tests.template.resources import FUNCTIONS, TEMPLATE

LAYER = ROOT / "layers" / "core"
# The variable of each secret, and its field of `Settings`.
SECRETS = {
    "JWT_SECRETS": "jwt_secrets",
    "URL_SIGNING_KEYS": "url_signing_keys",
    "ASSET_ID_SALT": "asset_id_salt",
    "REPLICATE_API_TOKEN": "replicate_api_token",
    "REPLICATE_WEBHOOK_SECRET": "replicate_webhook_secret",
    "WEBHOOK_SECRETS": "webhook_secrets",
}
# Not secret, but needed only to verify tokens: `composition.principals` reads them with the secrets.
OF_TOKENS = {"JWT_JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE"}
# A definition at the top level of a module; "" is the code that runs on import.
Node = tuple[str, str]


@cache
def definitions(module: str) -> dict[str, list[ast.AST]]:
    """Return the definitions at the top level of a module, by name."""
    path = LAYER.joinpath(*module.split(".")).with_suffix(".py")
    if not path.exists():
        path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    found: dict[str, list[ast.AST]] = {"": []}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found[statement.name] = [statement]
            found[""] += statement.decorator_list
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for name in (target.id for target in targets if isinstance(target, ast.Name)):
                found.setdefault(name, []).append(statement)
            found[""].append(statement)
        elif not _is_for_types_alone(statement):
            found[""].append(statement)
    return found


def _is_for_types_alone(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING"


@cache
def imports(module: str) -> dict[str, str]:
    """Return the dotted name of each name that a module imports anywhere."""
    path = LAYER.joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse((path if path.exists() else ROOT.joinpath(*module.split(".")).with_suffix(".py")).read_text())
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in statements for alias in node.names}


def _is_module(dotted: str) -> bool:
    return dotted.startswith("asset_api.") and LAYER.joinpath(*dotted.split(".")).with_suffix(".py").exists()


@cache
def uses(node: Node) -> frozenset[Node]:
    """Return the definitions that one mentions. Every mention counts as a call."""
    return frozenset(_mentions(*node))


def _mentions(module: str, name: str) -> Iterator[Node]:
    own, imported = definitions(module), imports(module)
    for part in own.get(name, ()):
        for used in ast.walk(part):
            if isinstance(used, ast.Name):
                if used.id in own:
                    yield module, used.id
                dotted = imported.get(used.id, "")
                owner, _, attribute = dotted.rpartition(".")
                if _is_module(owner):
                    yield owner, attribute
                    yield owner, ""
            elif isinstance(used, ast.Attribute) and isinstance(used.value, ast.Name):
                dotted = imported.get(used.value.id, "")
                if _is_module(dotted):
                    yield dotted, used.attr
                    yield dotted, ""


def reachable(function: str) -> set[Node]:
    """Return everything that a function's handler may run."""
    module = FUNCTIONS[function]["CodeUri"].replace("/", ".") + ".app"
    found: set[Node] = set()
    to_follow = [(module, name) for name in definitions(module)]
    while to_follow:
        node = to_follow.pop()
        if node not in found:
            found.add(node)
            to_follow.extend(uses(node))
    return found


def read_settings(function: str) -> set[str]:
    """Return the fields of `Settings` that a function's code reads."""
    return {attribute for node in reachable(function) for attribute in attributes(node)}


@cache
def attributes(node: Node) -> frozenset[str]:
    module, name = node
    parts = definitions(module).get(name, ())
    return frozenset(used.attr for part in parts for used in ast.walk(part) if isinstance(used, ast.Attribute))


def variables(function: str) -> set[str]:
    own = FUNCTIONS[function].get("Environment", {}).get("Variables", {})
    if "Environment" in TEMPLATE["Resources"][function].get("IgnoreGlobals", ()):
        return set(own)
    return {*own, *TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_gets_only_the_secrets_that_it_uses(function: str) -> None:
    used = read_settings(function)
    given = {name for name in SECRETS if name in variables(function)}
    assert given == {name for name, field in SECRETS.items() if field in used}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_that_verify_tokens_have_the_settings_and_the_layer(function: str) -> None:
    verifies = "JWT_SECRETS" in variables(function)
    assert verifies == (variables(function) >= OF_TOKENS) == (not OF_TOKENS.isdisjoint(variables(function)))
    has_layer = "JwksLayer" in str(FUNCTIONS[function].get("Layers", ""))
    assert has_layer == verifies


def test_every_secret_parameter_is_checked() -> None:
    """Secret parameters are those with NoEcho."""
    secret = {name for name, each in TEMPLATE["Parameters"].items() if each.get("NoEcho")}
    given = {"".join(word.title() for word in name.split("_")) for name in SECRETS}
    assert secret <= given
    assert all(not _names(TEMPLATE["Globals"], name) for name in secret)


def _names(value: object, parameter: str) -> bool:
    return f"'Ref': '{parameter}'" in str(value)


def test_background_file_parsers_have_no_token_secret() -> None:
    """Control: the reachability above must not be so coarse that it finds everything everywhere."""
    assert SECRETS.keys().isdisjoint(variables("PublishFunction"))
    assert SECRETS.keys().isdisjoint(variables("PurgeFunction"))
    # It calls the provider, and finds an erased owner's uploads by their ids.
    assert SECRETS.keys() & variables("IngestFunction") == {"ASSET_ID_SALT", "REPLICATE_API_TOKEN"}
