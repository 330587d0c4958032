"""Validation of JSON bodies. Separate, because only functions with bodies need pydantic's core."""

from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from asset_api.platform import errors

_MAX_FIELD_CHARACTERS = 100  # of a name that the client may have made up


def validate(validator: SchemaValidator, body: bytes) -> dict[str, Any]:
    """Validate a JSON object and return its fields, with defaults for those left out.

    Raises the 422 that names the first invalid field and the reason.
    """
    return _validate(validator, body)[0]


def validate_sent_fields(validator: SchemaValidator, body: bytes) -> dict[str, Any]:
    """Validate a JSON object and return the fields it has, null or not. Raises the same as `validate`."""
    fields, sent = _validate(validator, body)
    return {name: fields[name] for name in fields if name in sent}


def _validate(validator: SchemaValidator, body: bytes) -> tuple[dict[str, Any], set[str]]:
    try:
        fields, _, sent = validator.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "body"
        raise errors.invalid_request(name[:_MAX_FIELD_CHARACTERS], first["msg"]) from error
    return fields, sent
