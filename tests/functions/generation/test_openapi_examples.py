"""The examples of the OpenAPI document work as promised."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import media
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
def test_every_example_is_accepted(
    path: str,
    body: Any,
    success: int,
    stack: Stack,  # noqa: ARG001  the whole API
    alice: Caller,
) -> None:
    if "{asset_id}" in path:
        asset_id = alice.upload("image.png", media.png(), visibility="private").json()["asset_id"]
        path = path.format(asset_id=asset_id)
    headers = {"content-type": "application/json"}
    response = alice.request("POST", path, body=json.dumps(body).encode(), headers=headers)
    assert response.status == success, response.body


def test_every_json_request_has_examples() -> None:
    assert {str(each.values[0]).removeprefix("/api/v2/") for each in EXAMPLES} == {
        *("assets/delete", "assets/import", "assets/{asset_id}/signed-url", "generate", "upload-asset", "uploads"),
    }
