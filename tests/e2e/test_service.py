"""Health, the page, and the specification, which every response matches."""

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema  # type: ignore[import-untyped]  # comes with the SAM CLI, without types
import pytest

from tests import media
from tests.e2e.client import Caller, succeeded

OPERATIONS = {
    ("post", "/api/v2/upload-asset"),
    ("post", "/api/v2/assets/{asset_id}/complete"),
    ("get", "/api/v2/assets"),
    ("get", "/api/v2/assets/{asset_id}"),
    ("head", "/api/v2/assets/{asset_id}"),
    ("get", "/api/v2/assets/{asset_id}/metadata"),
    ("delete", "/api/v2/assets/{asset_id}"),
    ("get", "/api/v2/health"),
}
METHODS = {"get", "head", "post", "put", "patch", "delete", "options", "trace"}


@pytest.fixture(scope="module")
def specification(http: httpx.Client) -> dict[str, Any]:
    return succeeded(http.get("/api/v2/openapi.json"), 200)


def test_health_needs_no_token(http: httpx.Client) -> None:
    assert succeeded(http.get("/api/v2/health"), 200)["success"] is True


def test_the_specification_describes_every_operation_in_openapi_3_1(specification: dict[str, Any]) -> None:
    assert specification["openapi"].startswith("3.1.")
    assert specification["info"].keys() >= {"title", "version"}
    operations = {(m, path) for path, item in specification["paths"].items() for m in item if m in METHODS}
    assert operations >= OPERATIONS
    for method, path in operations:
        operation = specification["paths"][path][method]
        assert operation["responses"]
        assert all("description" in resolved(specification, r) for r in operation["responses"].values())
    names = [specification["paths"][path][method].get("operationId") for method, path in operations]
    assert len(set(names)) == len(names)


def test_every_reference_in_the_specification_resolves(specification: dict[str, Any]) -> None:
    references = [node["$ref"] for node in nodes(specification) if "$ref" in node]
    assert references
    for reference in references:
        # {} is the schema of any JSON, which a model's input may hold. A reference to nothing raises KeyError.
        assert isinstance(resolved(specification, {"$ref": reference}), dict)


def test_every_schema_in_the_specification_is_valid(specification: dict[str, Any]) -> None:
    # An OpenAPI 3.1 schema is one of JSON Schema 2020-12.
    for schema in specification["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_path_parameter_in_the_specification_is_described(specification: dict[str, Any]) -> None:
    for path, item in specification["paths"].items():
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        for method in METHODS & item.keys():
            parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
            described = [resolved(specification, parameter) for parameter in parameters]
            assert {p["name"] for p in described if p["in"] == "path" and p["required"] is True} == wanted


def test_every_response_matches_the_specification(specification: dict[str, Any], alice: Caller) -> None:
    upload = "/api/v2/upload-asset"
    asset = "/api/v2/assets/{asset_id}"
    form = alice.ask_for_form("clip.mp4", size_bytes=len(media.mp4()))
    direct = alice.upload("image.png", media.png())
    asset_id = direct.json()["asset_id"]
    alice.post(form.json()["upload"], media.mp4())
    responses = [
        ("post", upload, form),
        ("post", upload, direct),
        ("post", upload, alice.upload("image.png", media.gif())),
        ("post", upload, alice.ask_for_form("")),
        ("post", f"{asset}/complete", alice.complete(form.json()["asset_id"])),
        ("post", f"{asset}/complete", alice.complete("x")),
        ("get", "/api/v2/assets", alice.list_assets(limit=1)),
        ("get", "/api/v2/assets", alice.list_assets(limit=0)),
        ("get", "/api/v2/assets", alice.http.get("/api/v2/assets")),
        ("get", f"{asset}/metadata", alice.metadata(asset_id)),
        ("get", f"{asset}/metadata", alice.metadata("x")),
        ("delete", asset, alice.delete(asset_id)),
        ("delete", asset, alice.delete(asset_id)),
        ("get", "/api/v2/health", alice.http.get("/api/v2/health")),
    ]
    for method, path, response in responses:
        documented = specification["paths"][path][method]["responses"][str(response.status_code)]
        content = resolved(specification, documented)["content"][response.headers["content-type"]]
        schema = {**content.get("schema", {}), "components": specification["components"]}
        jsonschema.Draft202012Validator(schema).validate(response.json())


def test_the_page_is_html_that_runs_only_its_own_scripts(http: httpx.Client) -> None:
    response = http.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.lower().startswith("<!doctype html>")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self'" in response.headers["content-security-policy"]


def test_an_unknown_page_is_a_404(http: httpx.Client) -> None:
    assert http.get("/nothing.html").status_code == 404


def nodes(value: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a JSON document."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from nodes(member)
    elif isinstance(value, list):
        for member in value:
            yield from nodes(member)


def resolved(specification: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Resolve `node` if it is a reference. Raises KeyError for a dangling one."""
    while "$ref" in node:
        found = specification
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        node = found
    return node
