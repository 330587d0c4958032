"""The JSON body of `POST /api/v2/generate`."""

import json
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic_core import SchemaValidator

from asset_api.assets.asset import NO_OPTIONS, Options
from asset_api.platform import errors, request_bodies, request_schemas

MAX_INPUT_BYTES = 64 * 1024
MAX_INPUT_DEPTH = 8
_VALIDATOR = SchemaValidator(**request_schemas.GENERATE_REQUEST)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A model and its input, with `prompt` filled in."""

    model_id: str
    prompt: str = field(repr=False)
    input: dict[str, Any] = field(repr=False)
    options: Options = NO_OPTIONS

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse the body. Raises the 422 that names the first invalid field and the reason."""
        fields = request_bodies.validate(_VALIDATOR, body)
        options = Options.pop_from(fields)
        model_input: dict[str, Any] = {"prompt": fields["prompt"], **fields["input"]}
        _check_bounds(model_input)
        return cls(fields["model_id"], fields["prompt"], model_input, options)


def _check_bounds(model_input: dict[str, Any]) -> None:
    try:
        size_bytes = len(json.dumps(model_input, allow_nan=False).encode())
    except ValueError as error:  # NaN and infinities are not JSON (RFC 8259, section 6)
        raise errors.invalid_request("input", "numbers must be finite") from error
    if size_bytes > MAX_INPUT_BYTES:
        raise errors.invalid_request("input", f"must have at most {MAX_INPUT_BYTES:,} bytes as JSON")
    if _depth(model_input) > MAX_INPUT_DEPTH:
        raise errors.invalid_request("input", f"must not be nested more than {MAX_INPUT_DEPTH} deep")


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(_depth, children), default=0)
