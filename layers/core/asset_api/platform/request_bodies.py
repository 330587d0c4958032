"""JSON bodies against their schemas. Apart, so that only who has a body to check imports pydantic's core."""

from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from asset_api.platform import errors

_MAX_FIELD_CHARACTERS = 100  # of a name that the client may have made up


def validated(validator: SchemaValidator, body: bytes) -> dict[str, Any]:
    """The fields of a JSON object, with the defaults of those that were left out.

    Raises the 422 that names the first field that is wrong, and what is wrong with it.
    """
    try:
        fields: dict[str, Any] = validator.validate_json(body)[0]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "body"
        raise errors.invalid_request(name[:_MAX_FIELD_CHARACTERS], first["msg"]) from error
    return fields
