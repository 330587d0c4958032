"""The Python client's types take every value that the OpenAPI document allows."""

import json
from typing import Any, get_args, get_type_hints

import pytest

from asset_upload_client import answers
from tests.template.cloudformation import ROOT

SCHEMAS: dict[str, Any] = json.loads((ROOT / "web/api/v2/openapi.json").read_text())["components"]["schemas"]
TYPES: dict[str, Any] = {"Asset": answers.Asset, "Job": answers.Job, "UsageLimits": answers.UsageLimits}


def is_nullable(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "null" or any(is_nullable(each) for each in schema.get("anyOf", []))


@pytest.mark.parametrize("name", TYPES)
def test_whatever_may_be_null_may_be_none(name: str) -> None:
    hints = get_type_hints(TYPES[name])
    nullable = {field for field, schema in SCHEMAS[name]["properties"].items() if is_nullable(schema)}
    assert nullable & hints.keys()
    assert {field for field in nullable & hints.keys() if type(None) not in get_args(hints[field])} == set()


@pytest.mark.parametrize("name", TYPES)
def test_whatever_is_required_here_is_always_sent(name: str) -> None:
    assert TYPES[name].__required_keys__ <= set(SCHEMAS[name]["required"])
