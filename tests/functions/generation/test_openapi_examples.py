"""Whoever copies an example from the OpenAPI document gets what it promises."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.functions.gateway import Caller
from tests.functions.generation.stack import Stack
from tools.openapi.__main__ import specification


def made_examples() -> Iterator[Any]:
    for path, item in specification()["paths"].items():
        body = item.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for name, example in body.get("examples", {}).items():
            success = min(status for status in item["post"]["responses"] if status.startswith("2"))
            yield pytest.param(path, example["value"], int(success), id=f"{path}-{name}")


EXAMPLES = [*made_examples()]


@pytest.mark.parametrize(("path", "body", "success"), EXAMPLES)
def test_an_example_is_taken(
    path: str,
    body: Any,
    success: int,
    stack: Stack,  # noqa: ARG001  the whole API
    alice: Caller,
) -> None:
    headers = {"content-type": "application/json"}
    answer = alice.request("POST", path, body=json.dumps(body).encode(), headers=headers)
    assert answer.status == success, answer.body


def test_there_are_examples_of_each_request_that_has_a_json_body() -> None:
    assert {each.values[0] for each in EXAMPLES} == {
        "/api/v2/assets/delete", "/api/v2/assets/import", "/api/v2/generate", "/api/v2/upload-asset", "/api/v2/uploads",
    }  # fmt: skip
