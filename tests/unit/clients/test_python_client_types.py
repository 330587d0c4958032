"""The Python client's types take every value that the OpenAPI document allows."""

import ast
import json
import re
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from asset_upload_client import response_types
from tests.template.cloudformation import ROOT

SCHEMAS: dict[str, Any] = json.loads((ROOT / "web/api/v2/openapi.json").read_text())["components"]["schemas"]
# Schema names that differ from the type's.
RENAMED = {
    "BegunUploadResponse": "UploadInPartsResponse",
    "DeleteAssetsResponse": "DeleteManyResponse",
    "ErasureResponse": "EraseResponse",
    "UploadResponse": "StoredPartsResponse",
    "UsageResponse": "Usage",
}
TYPES: dict[str, Any] = {
    name: getattr(response_types, RENAMED.get(name, name))
    for name in SCHEMAS
    if hasattr(response_types, RENAMED.get(name, name))
}


# Null only for a form without a declared size, which the client never requests.
NEVER_NULL_HERE = {("AssetUploadResponse", "size_bytes")}


def is_nullable(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or any(is_nullable(each) for each in schema.get("anyOf", []))


@pytest.mark.parametrize("name", TYPES)
def test_nullable_fields_are_optional_types(name: str) -> None:
    hints = get_type_hints(TYPES[name])
    nullable = {
        field
        for field, schema in SCHEMAS[name]["properties"].items()
        if is_nullable(schema) and (name, field) not in NEVER_NULL_HERE
    }
    assert {field for field in nullable & hints.keys() if type(None) not in get_args(hints[field])} == set()


def test_optional_keys_are_not_required_on_python_3_10() -> None:
    source = Path(response_types.__file__).read_text()
    backported = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)]
    names = {node.module: {alias.name for alias in node.names} for node in backported}
    assert names["typing_extensions"] == {"NotRequired", "TypedDict"}
    assert set(re.findall(r"^class \w+\((\w+)", source, re.MULTILINE)) == {"TypedDict"}


@pytest.mark.parametrize("name", TYPES)
def test_every_field_is_in_the_openapi_document(name: str) -> None:
    here = {(name, field) for field in get_type_hints(TYPES[name])}
    assert here <= {(name, field) for field in SCHEMAS[name]["properties"]}


def test_every_type_matches_its_schema() -> None:
    assert {"Asset", "Job", "UsageLimits", "UploadInParts", "SignedPartsResponse", *RENAMED} <= TYPES.keys()


@pytest.mark.parametrize("name", TYPES)
def test_required_keys_are_required_in_the_openapi_document(name: str) -> None:
    assert TYPES[name].__required_keys__ <= set(SCHEMAS[name]["required"])
