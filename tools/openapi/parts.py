"""What OpenAPI's operations are made of."""

from typing import Any

from asset_api import errors, http_api
from asset_api.errors import ApiError
from asset_api.idempotency import MAX_KEY_CHARACTERS


def operation(summary: str, name: str, answers: dict[str, Any], problems: tuple[ApiError, ...]) -> dict[str, Any]:
    by_status: dict[str, list[ApiError]] = {}
    for error in (*problems, errors.internal_server_error()):
        by_status.setdefault(str(error.status), []).append(error)
    refused = {status: problem(tuple(found)) for status, found in sorted(by_status.items())}
    return {"summary": summary, "operationId": name, "tags": ["assets"], "responses": answers | refused}


def problem(found: tuple[ApiError, ...]) -> dict[str, Any]:
    examples = {error.slug: {"value": http_api.problem(error, "JKJaXmPLvHcESHA=")} for error in found}
    content = {"application/problem+json": {"schema": reference("Problem"), "examples": examples}}
    return {"description": ", or ".join(dict.fromkeys(error.title for error in found)), "content": content}


def json_answer(description: str, model: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": reference(model)}}}


def parameter(name: str, place: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def idempotency_key() -> dict[str, Any]:
    return parameter("Idempotency-Key", "header", {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS})


def reference(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}
