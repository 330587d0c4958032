"""Models of request bodies, for the document and for validation.

Functions import prebuilt schemas (`asset_api/platform/request_schemas.py`), so that cold starts build none.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from asset_api.assets import asset, option_rules, signed_urls
from asset_api.assets.filenames import MAX_CHARACTERS
from asset_api.uploads import part_tokens

MAX_PROMPT_CHARACTERS = 4000
# The limit of URLs in one response, each of about 2,000 characters.
MAX_PARTS = 100
# URLs signed with session credentials have about 2,000 characters.
MAX_URL_CHARACTERS = 4096
# Replicate's `owner/name` or `owner/name:version`, without characters that are special in a path.
_MODEL_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}/[A-Za-z0-9][A-Za-z0-9._-]{0,99}(:[A-Za-z0-9]{1,64})?$"


# Without a pattern, because validators disagree on which characters are letters.
TAG_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": option_rules.MAX_TAG_CHARACTERS}
TAGS_SCHEMA: dict[str, Any] = {"type": "array", "maxItems": option_rules.MAX_TAGS, "items": TAG_SCHEMA}
_EXPIRES_IN_SCHEMA: dict[str, Any] = {
    "type": "integer",
    "minimum": option_rules.MIN_EXPIRY_SECONDS,
    "maximum": option_rules.MAX_EXPIRY_SECONDS,
}
_VISIBILITY_SCHEMA: dict[str, Any] = {"type": "string", "enum": list(asset.VISIBILITIES)}


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


# The options of every request that creates an asset. The schemas say what `option_rules` checks.
ExpiresIn = Annotated[
    int | None,
    Field(
        examples=[86400],
        json_schema_extra=_nullable(_EXPIRES_IN_SCHEMA),
        description="Seconds from publication until the asset is deleted. Default: the deployment's, or never.",
    ),
]
Tags = Annotated[
    list[str] | None,
    Field(
        examples=[["holiday", "album:2025"]],
        json_schema_extra=_nullable(TAGS_SCHEMA),
        description="Letters, digits, spaces and `._:/-`, compared in Unicode normal form C. The tags and the file name"
        " of an upload may have 2 KB together.",
    ),
]
Visibility = Annotated[
    str | None,
    Field(json_schema_extra=_nullable(_VISIBILITY_SCHEMA), description="Default: `public`."),
]
# Fields beside `file` in a form. `tags` may be repeated.
FORM_OPTIONS: dict[str, Any] = {
    "expires_in": _EXPIRES_IN_SCHEMA,
    "tags": TAGS_SCHEMA,
    "visibility": _VISIBILITY_SCHEMA,
}


UploadId = Annotated[
    str, StringConstraints(min_length=1, max_length=part_tokens.MAX_CHARACTERS), Field(description="`upload.id`.")
]


class UploadFormRequest(BaseModel):
    """The file that the client will post. Only the name is required."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    filename: Annotated[str, StringConstraints(min_length=1)] = Field(
        examples=["clip.mp4"], description="The name of downloads."
    )
    content_type: str | None = Field(None, examples=["video/mp4"], description="Default: by the file name's extension.")
    size_bytes: int | None = Field(
        None, ge=0, examples=[31457280], description="If given, the form accepts exactly this size."
    )
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")] | None = Field(
        None, description="In hex. If given, other bytes are refused."
    )
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


class BeginUploadRequest(BaseModel):
    """The file that the client will upload in parts."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    filename: Annotated[str, StringConstraints(min_length=1)] = Field(
        examples=["film.mp4"], description="The name of downloads."
    )
    size_bytes: int = Field(
        ge=0, examples=[1073741824], description="The exact size. Parts of other sizes are refused."
    )
    content_type: str | None = Field(None, examples=["video/mp4"], description="Default: by the file name's extension.")
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")] | None = Field(
        None, description="Of the whole file, in hex. If given, other bytes are refused."
    )
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


class UploadPartsRequest(BaseModel):
    """Parts to get a URL for, each once."""

    model_config = ConfigDict(strict=True)

    upload_id: UploadId
    part_numbers: Annotated[list[int], Field(min_length=1, max_length=MAX_PARTS)] = Field(examples=[[1, 2]])
    content_md5: (
        Annotated[
            dict[str, Annotated[str, StringConstraints(pattern="^[A-Za-z0-9+/]{21}[AQgw]==$")]],
            Field(max_length=MAX_PARTS),
        ]
        | None
    ) = Field(
        None,
        examples=[{"1": "XUFAKrxLKna5cZ2REBfFkg=="}],
        description="Base64 of MD5s, by part number: S3 then refuses a part with other bytes.",
    )


class CompleteUploadRequest(BaseModel):
    """The upload to complete."""

    model_config = ConfigDict(strict=True)

    upload_id: UploadId


class ChangeAssetRequest(BaseModel):
    """A JSON merge patch (RFC 7396): absent fields stay unchanged."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    filename: str = Field(
        "",
        json_schema_extra={"minLength": 1},
        examples=["beach.jpg"],
        description="The name of downloads, too. Its extension must fit the file's type.",
    )
    tags: Tags = None
    expires_in: ExpiresIn = None
    visibility: Visibility = None


class SignedUrlRequest(BaseModel):
    """The lifetime of the URL, and the rendition; without one, the URL is the file's."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    expires_in: int = Field(
        ge=signed_urls.MIN_SECONDS,
        le=signed_urls.MAX_SECONDS,
        examples=[3600],
        description="Seconds from now, up to seven days.",
    )
    rendition: str | None = Field(None, examples=["w640.webp"], description="The last part of a rendition's path.")


class DeleteAssetsRequest(BaseModel):
    """Assets to delete. Duplicate ids count once."""

    model_config = ConfigDict(strict=True, str_max_length=MAX_CHARACTERS)

    asset_ids: Annotated[list[str], Field(min_length=1, max_length=100)] = Field(
        examples=[["0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"]]
    )


class GenerateRequest(BaseModel):
    """A prompt, a model and the model's input."""

    model_config = ConfigDict(strict=True)

    prompt: Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT_CHARACTERS)] = Field(
        examples=["Make the person in this image wave hello"],
        description="The default of `input.prompt`.",
    )
    model_id: Annotated[str, StringConstraints(pattern=_MODEL_ID)] = Field(
        examples=["minimax/video-01"], description="Replicate's `owner/name`, or `owner/name:version`."
    )
    input: dict[str, Any] = Field(
        {},
        examples=[{"first_frame_image": "https://…/api/v2/assets/…"}],
        description="The model's input. A URL of this service must be that of a live asset. `asset:<id>` stands for the"
        " URL of one of your assets; `asset:<id>#frame=last`, `#frame=first` or `#w=1280` (a width of the ladder) for"
        " that of a rendition, which is made first. With `#frame=last`, a clip starts where another ended.",
    )
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


class ImportRequest(BaseModel):
    """The URL of a file, and the asset's name."""

    model_config = ConfigDict(strict=True)

    url: Annotated[str, StringConstraints(min_length=1, max_length=MAX_URL_CHARACTERS)] = Field(
        examples=["https://images.example.com/portrait.jpg"],
        description="http or https, on port 80 or 443 of a public host, without credentials.",
    )
    filename: Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS)] | None = Field(
        None,
        examples=["portrait.jpg"],
        description="Default: the name that the host sends, or else the one in the URL.",
    )
    expires_in: ExpiresIn = None
    tags: Tags = None
    visibility: Visibility = None


REQUESTS: tuple[type[BaseModel], ...] = (
    UploadFormRequest,
    BeginUploadRequest,
    UploadPartsRequest,
    CompleteUploadRequest,
    ChangeAssetRequest,
    SignedUrlRequest,
    DeleteAssetsRequest,
    GenerateRequest,
    ImportRequest,
)
