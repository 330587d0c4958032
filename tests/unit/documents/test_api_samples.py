"""Samples of the API reference: they call existing client methods."""

import ast
import importlib.util
import json
import re
import sys
from types import ModuleType
from typing import Any

import pytest

from asset_upload_client import AssetClient
from tests.template.cloudformation import ROOT


def _samples() -> ModuleType:
    specification = importlib.util.spec_from_file_location("samples", ROOT / "docs" / "site" / "samples.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules["samples"] = module
    specification.loader.exec_module(module)
    return module


samples = _samples()
DOCUMENT: dict[str, Any] = samples.with_samples(
    json.loads((ROOT / "web/api/v2/openapi.json").read_text(encoding="utf-8"))
)
OPERATIONS = {
    operation["operationId"]: {each["label"]: each["source"] for each in operation["x-codeSamples"]}
    for item in DOCUMENT["paths"].values()
    for method, operation in item.items()
    if method in samples.METHODS
}
JAVASCRIPT_METHODS = set(
    re.findall(
        r"^  (?:async )?\*?(\w+)\(", (ROOT / "clients/js/src/client.js").read_text(encoding="utf-8"), re.MULTILINE
    )
)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_samples_in_three_languages(name: str) -> None:
    assert list(OPERATIONS[name]) == ["curl", "Python", "JavaScript"]
    ast.parse(OPERATIONS[name]["Python"])
    assert ("$ASSETS_TOKEN" in OPERATIONS[name]["curl"]) == (name not in samples.PUBLIC)


@pytest.mark.parametrize("name", samples.BY_CLIENT)
def test_samples_call_methods_that_the_clients_have(name: str) -> None:
    python, javascript = (samples.calls(code) for code in samples.BY_CLIENT[name])
    assert python
    assert python <= set(dir(AssetClient))
    assert javascript <= JAVASCRIPT_METHODS


def test_operations_outside_the_document_have_no_samples() -> None:
    shown = "".join(json.dumps(each) for each in OPERATIONS.values())
    for name in samples.BY_CLIENT.keys() - OPERATIONS.keys():
        for method in samples.calls(samples.BY_CLIENT[name][0]) - {"wait_for_job"}:
            assert f"client.{method}(" not in shown
