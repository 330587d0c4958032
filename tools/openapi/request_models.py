"""Models of request bodies: described in the document, and used by the functions for validation.

Functions import them as schemas (`asset_api/platform/request_schemas.py`): no cold start builds one.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from asset_api.assets import option_rules
from asset_api.assets.filenames import MAX_CHARACTERS

MAX_PROMPT_CHARACTERS = 4000
# Signed URLs with a session's token have some 2,000.
MAX_URL_CHARACTERS = 4096
# `owner/name` or `owner/name:version`, as Replicate writes them; nothing that means something in a path.
_MODEL_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(:[A-Za-z0-9]{1,64})?$"


# Which characters is left to the description: no pattern means the same letters to every validator.
TAG_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": option_rules.MAX_TAG_CHARACTERS}
TAGS_SCHEMA: dict[str, Any] = {"type": "array", "maxItems": option_rules.MAX_TAGS, "items": TAG_SCHEMA}
_EXPIRES_IN_SCHEMA: dict[str, Any] = {
    "type": "integer",
    "minimum": option_rules.MIN_EXPIRY_SECONDS,
    "maximum": option_rules.MAX_EXPIRY_SECONDS,
}
_VISIBILITY_SCHEMA: dict[str, Any] = {"type": "string", "enum": list(option_rules.VISIBILITIES)}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


# The options of every request that creates an asset. The schemas say what `option_rules` checks.
ExpiresIn = Annotated[
    int | None,
    Field(
        examples=[86400],
        json_schema_extra=_nullable(_EXPIRES_IN_SCHEMA),
        description="Seconds from its publication until the asset is gone. Where absent: the deployment's default,"
        " else never.",
    ),
]
Tags = Annotated[
    list[str] | None,
    Field(
        examples=[["holiday", "album:2025"]],
        json_schema_extra=_nullable(TAGS_SCHEMA),
        description="Letters, digits, spaces and `._:/-`, compared in Unicode normal form C. What is uploaded has room"
        " for 2 KB of tags and file name together.",
    ),
]
Visibility = Annotated[
    str | None,
    Field(json_schema_extra=_nullable(_VISIBILITY_SCHEMA), description="`public` where absent."),
]
# Beside `file` in a form. `tags` may be repeated.
FORM_OPTIONS: dict[str, Any] = {
    "expires_in": _EXPIRES_IN_SCHEMA,
    "tags": TAGS_SCHEMA,
    "visibility": _VISIBILITY_SCHEMA,
}


class UploadFormRequest(BaseModel):
    """A client's declaration of the file that it will post. Only the name is required."""

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
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


class ChangeAssetRequest(BaseModel):
    """A JSON merge patch (RFC 7396): what is left out stays as it is."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    filename: str = Field(
        "",
        json_schema_extra={"minLength": 1},
        examples=["beach.jpg"],
        description="Also the name that a download gets. Its extension stays one of the file's type.",
    )
    tags: Tags = None
    expires_in: ExpiresIn = None
    visibility: Visibility = None


class DeleteAssetsRequest(BaseModel):
    """Assets to delete, each once however often it is named."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    asset_ids: Annotated[list[str], Field(min_length=1, max_length=100)] = Field(
        examples=[["0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"]]
    )


class GenerateRequest(BaseModel):
    """A prompt, a model and the model's inputs."""

    model_config = ConfigDict(strict=True)

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT_CHARACTERS)] = Field(
        examples=["Make the person in this image wave hello"],
        description="The model's prompt, unless its input has one.",
    )
    model_id: Annotated[str, StringConstraints(pattern=_MODEL_ID)] = Field(
        examples=["minimax/video-01"], description="Of Replicate: `owner/name`, or `owner/name:version`."
    )
    input: dict[str, Any] = Field(
        {},
        examples=[{"first_frame_image": "https://…/api/v2/assets/…"}],
        description="What the model takes. A URL of this service must be that of a live asset.",
    )
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


class ImportRequest(BaseModel):
    """The URL of a file, and what the file is to be called."""

    model_config = ConfigDict(strict=True)

    url: Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL_CHARACTERS)] = Field(
        examples=["https://images.example.com/portrait.jpg"],
        description="http or https on port 80 or 443, of a public host, without credentials.",
    )
    filename: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS)] | None = Field(
        None,
        examples=["portrait.jpg"],
        description="The name that the host sends, or else that in the URL, is taken where it is left out.",
    )
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


REQUESTS: tuple[type[BaseModel], ...] = (
    UploadFormRequest,
    ChangeAssetRequest,
    DeleteAssetsRequest,
    GenerateRequest,
    ImportRequest,
)
