"""The JSON body that asks for an upload form. Apart, so that only who checks it imports pydantic."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from asset_api import request_bodies
from asset_api.filenames import MAX_CHARACTERS
from asset_api.form_issuing import FormRequest


class UploadFormRequest(BaseModel):
    """What a client says of the file it will post. Only the name is required."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    filename: Annotated[str, StringConstraints(min_length=1)] = Field(
        examples=["clip.mp4"], description="What the file is called when it is downloaded."
    )
    content_type: str | None = Field(
        None, examples=["video/mp4"], description="The file name's extension decides where it is left out."
    )
    size_bytes: int | None = Field(
        None, ge=0, examples=[31457280], description="The form then takes exactly so many bytes."
    )
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")] | None = Field(
        None, description="Hex. Other bytes are refused."
    )


def parse(body: bytes) -> FormRequest:
    """Raises the 422 that names the first field that is wrong, and what is wrong with it."""
    request = request_bodies.validated(UploadFormRequest, body)
    return FormRequest(
        request.filename,
        request.content_type,
        request.size_bytes,
        request.sha256.lower() if request.sha256 else None,
    )
