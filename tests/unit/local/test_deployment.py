"""Deployment: which changes redeploy, which ones reload, and reading routes from the processed template."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.api_gateway import Route, apply, cors_in, routes_in
from local.build_target import uv_platform
from local.fingerprint import fingerprint
from local.live_reload.plan import Plan, check_syntax, plan
from local.live_reload.watching import changed_files, changes, snapshot
from local.site import content_type_of
from tools.inline_edge_function import inlined


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (
        "template.yaml",
        "samconfig.toml",
        "functions/list/app.py",
        "layers/core/asset_api/ids.py",
        "web/i.js",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def _write(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).write_text("edited")


@pytest.mark.parametrize(
    "edit",
    [
        _write("template.yaml"),
        _write("functions/list/app.py"),
        _write("layers/core/requirements.txt"),
        lambda root: (root / "functions/list/app.py").unlink(),
        lambda root: (root / "functions/list/app.py").rename(root / "functions/list/main.py"),
    ],
)
def test_a_deployed_change_changes_the_fingerprint(checkout: Path, edit: Callable[[Path], object]) -> None:
    before = fingerprint(checkout, ["3.13"])
    assert before != fingerprint(checkout, ["3.12"])
    edit(checkout)
    assert fingerprint(checkout, ["3.13"]) != before


def test_dates_caches_and_the_page_do_not_change_the_fingerprint(checkout: Path) -> None:
    before = fingerprint(checkout, [])
    os.utime(checkout / "template.yaml", (0, 0))
    cache = checkout / "functions/list/__pycache__"
    cache.mkdir()
    (cache / "app.pyc").write_bytes(b"")
    (checkout / "web/i.js").write_text("edited")
    assert fingerprint(checkout, []) == before


def test_writing_adding_or_removing_a_watched_file_is_a_change(checkout: Path) -> None:
    before = snapshot(checkout)
    (checkout / "functions/list/app.py").write_text("longer than it was")
    (checkout / "functions/list/more.py").write_text("")
    (checkout / "web/i.js").unlink()
    (checkout / "README.md").write_text("not watched")
    names = {"functions/list/app.py", "functions/list/more.py", "web/i.js"}
    assert changes(before, snapshot(checkout)) == {Path(name) for name in names}


def test_detects_an_edit_while_watching(checkout: Path) -> None:
    async def scenario() -> frozenset[Path]:
        watching = changed_files(checkout, snapshot(checkout))
        (checkout / "functions/list/app.py").write_text("longer than it was")
        return await asyncio.wait_for(anext(aiter(watching)), 5)

    assert asyncio.run(scenario()) == {Path("functions/list/app.py")}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (["functions/list/app.py", "functions/upload/app.py"], Plan(functions=frozenset({"list", "upload"}))),
        (["layers/core/asset_api/ids.py"], Plan(layer=True)),
        (["web/index.html"], Plan(page=True)),
        (["layers/core/requirements.txt"], Plan(deploy=True)),
        (["layers/jwks/Makefile"], Plan(deploy=True)),
        (["template.yaml", "web/index.html"], Plan(deploy=True, page=True)),
    ],
)
def test_plans_the_work_for_a_change(changed: list[str], expected: Plan) -> None:
    assert plan(Path(name) for name in changed) == expected


def test_reports_a_syntax_error_before_deploying(checkout: Path) -> None:
    name = Path("functions/list/app.py")
    (checkout / name).write_text("x = 1\ndef broken(:\n")
    with pytest.raises(SyntaxError) as caught:
        check_syntax(checkout, [name, Path("functions/gone.py")])
    assert (caught.value.filename, caught.value.lineno) == (str(name), 2)


@pytest.mark.parametrize(
    ("machine", "system", "libc", "expected"),
    [
        ("x86_64", "linux", "glibc", "x86_64-manylinux2014"),
        ("aarch64", "linux", "glibc", "aarch64-manylinux2014"),
        ("x86_64", "linux", "", "x86_64-unknown-linux-musl"),
        ("aarch64", "darwin", "", "aarch64-apple-darwin"),
    ],
)
def test_builds_layers_for_the_machine_that_runs_them(machine: str, system: str, libc: str, expected: str) -> None:
    assert uv_platform(machine, system, libc) == expected


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("app.mjs", "text/javascript; charset=utf-8"),
        ("api/v2/openapi.json", "application/json"),
        ("unknown.zzz", "application/octet-stream"),
    ],
)
def test_serves_the_page_with_fixed_content_types(name: str, content_type: str) -> None:
    assert content_type_of(Path(name)) == content_type


def _operation(invoked: str, **extra: object) -> dict[str, Any]:
    uri = f"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/…/functions/${{{invoked}}}/invocations"
    return {"x-amazon-apigateway-integration": {"uri": {"Fn::Sub": uri}}, **extra}


BODY = {
    "paths": {
        "/api/v2/assets/{asset_id}": {"delete": _operation("DeleteFunction.Arn")},
        "/any": {"x-amazon-apigateway-any-method": _operation("ListFunctionAliaslive")},
        "/$default": {"x-amazon-apigateway-any-method": _operation("ListFunctionAliaslive", isDefaultRoute=True)},
    },
    "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "maxAge": 60},
}
ORIGINS = ["https://app.example.com", "http://localhost:3000"]
ROUTES = [
    Route("DELETE /api/v2/assets/{asset_id}", "DeleteFunction"),
    Route("ANY /any", "ListFunctionAliaslive"),
    Route("$default", "ListFunctionAliaslive"),
]


def test_reads_routes_and_cors_from_sams_openapi_document() -> None:
    assert list(routes_in(BODY)) == ROUTES
    assert cors_in(BODY, ORIGINS) == {"AllowOrigins": ORIGINS, "MaxAge": 60}
    assert cors_in({"paths": {}}, ORIGINS) is None


class FakeApis:
    """The calls that `apply` makes to boto3's apigatewayv2 client."""

    def __init__(self) -> None:
        self.integrations: list[dict[str, str]] = []
        self.routes: dict[str, dict[str, str]] = {}
        self.writes = 0

    def get_routes(self, **_: str) -> dict[str, Any]:
        return {"Items": list(self.routes.values())}

    def get_integrations(self, **_: str) -> dict[str, Any]:
        return {"Items": self.integrations}

    def create_integration(self, **parameters: str) -> dict[str, str]:
        self.writes += 1
        created = {**parameters, "IntegrationId": f"i{len(self.integrations)}"}
        self.integrations.append(created)
        return created

    def create_route(self, **parameters: str) -> None:
        self.writes += 1
        self.routes[parameters["RouteKey"]] = {**parameters, "RouteId": parameters["RouteKey"]}

    def update_route(self, **parameters: str) -> None:
        self.writes += 1
        self.routes[parameters["RouteId"]]["Target"] = parameters["Target"]

    def delete_route(self, **parameters: str) -> None:
        self.writes += 1
        del self.routes[parameters["RouteId"]]

    def update_api(self, **parameters: object) -> None:
        self.cors = parameters["CorsConfiguration"]


def test_routes_match_the_template() -> None:
    apis = FakeApis()
    arns = {"DeleteFunction": "arn:delete", "ListFunctionAliaslive": "arn:list:live"}
    apis.create_route(RouteKey="GET /gone", Target="integrations/x")
    apply(apis, "api", BODY, arns, ORIGINS)
    assert apis.routes.keys() == {route.key for route in ROUTES}
    assert apis.cors == {"AllowOrigins": ORIGINS, "MaxAge": 60}
    targets = {integration["IntegrationUri"]: integration["IntegrationId"] for integration in apis.integrations}
    assert apis.routes["$default"]["Target"] == f"integrations/{targets['arn:list:live']}"

    writes = apis.writes
    apply(apis, "api", BODY, arns, ORIGINS)
    assert apis.writes == writes

    apply(apis, "api", BODY, {**arns, "ListFunctionAliaslive": "arn:another"}, ORIGINS)
    assert apis.routes["$default"]["Target"] == "integrations/i2"


def test_inserting_the_edge_function_is_idempotent() -> None:
    template = "a:\n  FunctionCode: !Sub |\n    old\n\n    old\n\nb: 1\n"
    once = inlined(template, "function f() {\n\n  return 1;\n}\n")
    assert once == "a:\n  FunctionCode: !Sub |\n    function f() {\n\n      return 1;\n    }\n\nb: 1\n"
    assert inlined(once, "function f() {\n\n  return 1;\n}\n") == once


def test_refuses_a_template_without_the_edge_functions_placeholder() -> None:
    with pytest.raises(ValueError, match="not one"):
        inlined("a: 1\n", "")
