"""Building blocks of OpenAPI operations."""

from typing import Any

from asset_api.assets.list_parameters import DEFAULT_LIMIT, MAX_LIMIT
from asset_api.platform import errors, http_api, rate_limits
from asset_api.platform.errors import ApiError
from asset_api.platform.idempotency import MAX_KEY_CHARACTERS

UNAUTHORIZED = (errors.not_authenticated(), errors.invalid_token())
_HEADERS = {
    "RateLimit": "The remaining requests, and when the limit resets (draft-ietf-httpapi-ratelimit-headers).",
    "RateLimit-Policy": "The limit.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "Bearer",
}


def operation(
    summary: str, name: str, responses: dict[str, Any], problems: tuple[ApiError, ...], *, tag: str = "assets"
) -> dict[str, Any]:
    by_status: dict[str, list[ApiError]] = {}
    for error in (*problems, errors.internal_server_error()):
        by_status.setdefault(str(error.status), []).append(error)
    refused = {status: problem(tuple(found)) for status, found in sorted(by_status.items())}
    return {"summary": summary, "operationId": name, "tags": [tag], "responses": responses | refused}


def problem(found: tuple[ApiError, ...]) -> dict[str, Any]:
    examples = {error.slug: {"value": http_api.problem(error, "JKJaXmPLvHcESHA=")} for error in found}
    content = {"application/problem+json": {"schema": reference("Problem"), "examples": examples}}
    described = {"description": ", or ".join(dict.fromkeys(error.title for error in found)), "content": content}
    # List a header only if every error with this status has it.
    names = sorted(set.intersection(*(set(error.headers) for error in found)))
    return described | ({"headers": {name: header(_HEADERS[name]) for name in names}} if names else {})


def too_many_requests(limit: rate_limits.Limit) -> ApiError:
    """Return an example of the 429: ten requests in the last minute, and the next one allowed in twelve seconds."""
    return errors.too_many_requests(
        {
            "Retry-After": "12",
            "RateLimit": f'"{limit.name}";r=0;t=12',
            "RateLimit-Policy": f'"{limit.name}";q={rate_limits.DEFAULT_ADMISSIONS};w={rate_limits.WINDOW_SECONDS}',
        }
    )


def header(description: str) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": "string"}}


def json_response(description: str, model: str, links: dict[str, Any] | None = None) -> dict[str, Any]:
    response = {"description": description, "content": {"application/json": {"schema": reference(model)}}}
    return response | ({"links": links} if links else {})


def link(operation_id: str, **parameters: str) -> dict[str, Any]:
    """Link a response to its next operation; parameters are JSON pointers into the response."""
    return {
        "operationId": operation_id,
        "parameters": {name: f"$response.body#{pointer}" for name, pointer in parameters.items()},
    }


def parameter(name: str, place: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": schema}


def page_limit() -> dict[str, Any]:
    return parameter(
        "limit", "query", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    )


def idempotency_key() -> dict[str, Any]:
    description = "Within 24 hours, the same key and body give the same response, and one asset or job."
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS, "description": description}
    return parameter("Idempotency-Key", "header", schema)


def json_body(model: str, examples: dict[str, Any]) -> dict[str, Any]:
    """Describe a JSON body with named examples. A test sends each of them."""
    shown = {summary.replace(" ", "-"): {"summary": summary, "value": value} for summary, value in examples.items()}
    return {"schema": reference(model), "examples": shown}


def json_request(model: str, examples: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": json_body(model, examples)}}


def reference(model: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model}"}
