"""The JSON body that asks for a generation."""

import json
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from asset_api import errors, request_bodies

MAX_PROMPT_CHARACTERS = 4000
MAX_INPUT_BYTES = 64 * 1024
MAX_INPUT_DEPTH = 8
# `owner/name` or `owner/name:version`, as Replicate writes them; nothing that means something in a path.
_MODEL_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(:[A-Za-z0-9]{1,64})?$"


class GenerateRequest(BaseModel):
    """A prompt, a model, and the model's own input."""

    model_config = ConfigDict(strict=True)

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT_CHARACTERS)] = Field(
        examples=["Make the person in this image wave hello"],
        description="The model's prompt, unless its input has one.",
    )
    model_id: Annotated[str, StringConstraints(pattern=_MODEL_ID)] = Field(
        examples=["minimax/video-01"], description="Of Replicate: `owner/name`, or `owner/name:version`."
    )
    input: dict[str, JsonValue] = Field(
        default_factory=dict,
        examples=[{"first_frame_image": "https://…/api/v2/assets/…"}],
        description="What the model takes. A URL of this service must be that of a live asset.",
    )


@dataclass(frozen=True, slots=True)
class Generation:
    """What to generate: `input` as the model gets it, its prompt filled in."""

    model_id: str
    prompt: str = field(repr=False)
    input: dict[str, Any] = field(repr=False)


def parse(body: bytes) -> Generation:
    """Raises the 422 that names the first field that is wrong, and what is wrong with it."""
    request = request_bodies.validated(GenerateRequest, body)
    model_input: dict[str, Any] = {"prompt": request.prompt, **request.input}
    _check_bounds(model_input)
    return Generation(request.model_id, request.prompt, model_input)


def _check_bounds(model_input: dict[str, Any]) -> None:
    try:
        size_bytes = len(json.dumps(model_input, allow_nan=False).encode())
    except ValueError as error:  # NaN and the infinities are no JSON (RFC 8259, section 6)
        raise errors.invalid_request("input", "numbers must be finite") from error
    if size_bytes > MAX_INPUT_BYTES:
        raise errors.invalid_request("input", f"must have at most {MAX_INPUT_BYTES:,} bytes as JSON")
    if _depth(model_input) > MAX_INPUT_DEPTH:
        raise errors.invalid_request("input", f"must not be nested more than {MAX_INPUT_DEPTH} deep")


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(_depth, children), default=0)
