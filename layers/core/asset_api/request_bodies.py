"""JSON bodies against their models. Apart, so that only who has a body to check imports pydantic."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from asset_api import errors

Body = TypeVar("Body", bound=BaseModel)
_MAX_FIELD_CHARACTERS = 100  # of a name that the client may have made up


def validated(model: type[Body], body: bytes) -> Body:
    """Raises the 422 that names the first field that is wrong, and what is wrong with it."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "body"
        raise errors.invalid_request(name[:_MAX_FIELD_CHARACTERS], first["msg"]) from error
