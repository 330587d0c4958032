"""Models of response bodies."""

from pydantic import BaseModel, ConfigDict, Field

from asset_api.assets import asset
from asset_api.jobs.job_states import Kind, Status
from asset_api.media import file_types
from asset_api.media.content_credentials import ContentCredentials
from asset_api.platform import http_api
from tools.openapi.request_models import (
    ChangeAssetRequest,
    DeleteAssetsRequest,
    GenerateRequest,
    ImportRequest,
    UploadFormRequest,
)

_EXAMPLE_ID = "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"
_EXAMPLE_URL = f"https://assets.example.com/api/v2/assets/{_EXAMPLE_ID}"


class Problem(BaseModel):
    """An error (RFC 9457): `detail` can be shown to a person, `type` is stable and meant for programs."""

    type: str = Field(examples=[http_api.PROBLEM_TYPE_PREFIX + "asset-not-found"])
    title: str
    status: int
    detail: str
    request_id: str


class AssetUploadResponse(BaseModel):
    """An asset, or a future one whose form is yet to be posted."""

    success: bool
    url: str = Field(examples=[_EXAMPLE_URL])
    asset_id: str = Field(examples=[_EXAMPLE_ID])
    filename: str = Field(examples=["image.jpg"])
    size_bytes: int | None = Field(examples=[245890], description="Null where a form takes any size.")


class UploadForm(BaseModel):
    """An S3 presigned POST: send `fields`, then the file as `file`, to `url`."""

    method: str = Field(examples=["POST"])
    url: str
    fields: dict[str, str]
    key: str
    expires: int = Field(description="Seconds from when it was issued.")
    expires_at: str


class UploadFormResponse(AssetUploadResponse):
    upload: UploadForm


_SIDE = (
    "In pixels as browsers show the file: turned as EXIF or the video's matrix says, with square pixels. Absent where"
    " the file has no picture, such as an MP4 of sound."
)


class Asset(BaseModel):
    """A published file. Unknown properties are left out."""

    model_config = ConfigDict(title="Asset")

    asset_id: str = Field(examples=[_EXAMPLE_ID])
    filename: str = Field(examples=["image.jpg"])
    file_type: str = Field(examples=["image/jpeg"], json_schema_extra={"enum": [t.mime for t in file_types.SUPPORTED]})
    size_bytes: int = Field(examples=[245890])
    uploaded_at: str = Field(examples=["2025-11-15T12:34:56"], description="UTC, without offset or fraction.")
    url: str = Field(examples=[_EXAMPLE_URL])
    source: asset.Source
    content_credentials: ContentCredentials = Field(
        description="What became of the C2PA manifest that the file came with. A kept one is valid if it was so before."
    )
    tags: list[str]
    expires_at: str | None = Field(
        examples=["2025-11-16T12:34:56"], description="UTC, without offset or fraction. Null for never."
    )
    visibility: asset.Visibility
    thumbnail_url: str | None = Field(
        examples=[f"{_EXAMPLE_URL}/w320.webp"],
        description="A rendition: 320 pixels wide, of a video its poster. Null where the file cannot be decoded.",
    )
    thumbhash: str | None = Field(
        examples=["3gcGHYaWdKidWaivdUiXljB4iH9s"],
        description="Base64, to paint until the thumbnail comes: https://evanw.github.io/thumbhash/. Null until known.",
    )
    sha256: str = Field(default="", description="Hex, of the published bytes.")
    width: int = Field(default=0, description=_SIDE)
    height: int = Field(default=0, description=_SIDE)
    duration_seconds: float = Field(default=0, description="Of a video, to the millisecond.", examples=[5.875])
    frames_per_second: float = Field(default=0, description="Of a video, on average.", examples=[29.97])
    video_codec: str = Field(default="", description="By FFmpeg's name.", examples=["h264"])
    audio_codec: str | None = Field(
        default=None, description="By FFmpeg's name; `pcm` for every form of it. Null for a video without sound."
    )
    job_id: str = Field(default="", description="The job it comes from.")
    source_url: str = Field(default="", description="Of an import: the URL as it was sent.")


class CompletedAsset(Asset):
    model_config = ConfigDict(title="CompletedAsset")

    success: bool


class ChangedAsset(Asset):
    model_config = ConfigDict(title="ChangedAsset")

    success: bool


class AssetListResponse(BaseModel):
    success: bool
    assets: list[Asset]
    limit: int
    offset: int
    next_cursor: str | None = Field(description="Null on the last page.")


class DeleteResponse(BaseModel):
    success: bool
    message: str = Field(examples=[f"Asset {_EXAMPLE_ID} deleted successfully"])


class DeleteAssetsResponse(BaseModel):
    """Each id once, in the order of the request."""

    success: bool
    deleted: list[str]
    not_found: list[str]
    failed: list[str] = Field(
        default=[], description="Only where AWS failed half-way: they may be deleted or not; ask again."
    )


class UsageLimits(BaseModel):
    """The limits of this deployment. Null for what it does not limit."""

    max_upload_bytes: int = Field(examples=[file_types.MAX_BYTES])
    uploads_per_minute: int = Field(examples=[10])
    generations_per_minute: int = Field(examples=[10])
    max_bytes: int | None = Field(description="That your assets may have together.")
    max_assets: int | None


class UsageResponse(BaseModel):
    """Your published assets, and their bytes."""

    success: bool
    assets: int = Field(examples=[12])
    bytes: int = Field(examples=[3456789])
    limits: UsageLimits


class HealthResponse(BaseModel):
    success: bool
    status: str = Field(examples=["ok"])


class Job(BaseModel):
    """A generation or an import. `completed` means that its file is an asset."""

    job_id: str = Field(examples=[_EXAMPLE_ID])
    kind: Kind
    status: Status
    model_id: str | None = Field(examples=["minimax/video-01"], description="A generation's.")
    prompt: str | None = Field(description="A generation's.")
    source_url: str | None = Field(
        examples=["https://images.example.com/portrait.jpg"], description="Of an import: the URL as it was sent."
    )
    created_at: str = Field(examples=["2025-11-15T12:34:56"], description="UTC, without offset or fraction.")
    completed_at: str | None
    asset_url: str | None = Field(examples=[_EXAMPLE_URL], description="Once it is completed.")
    video_url: str | None = Field(examples=[_EXAMPLE_URL], description="The same, where the asset is a video.")
    asset_id: str | None = Field(examples=[_EXAMPLE_ID])
    error_message: str | None = Field(description="Why it failed.")


class JobResponse(Job):
    model_config = ConfigDict(title="JobResponse")

    success: bool


class JobListResponse(BaseModel):
    success: bool
    jobs: list[Job]
    limit: int
    next_cursor: str | None = Field(description="Null on the last page.")


class GenerateResponse(BaseModel):
    success: bool
    job_id: str = Field(examples=[_EXAMPLE_ID])
    status: Status


class ImportResponse(GenerateResponse):
    model_config = ConfigDict(title="ImportResponse")

    asset_id: str = Field(examples=[_EXAMPLE_ID], description="The asset's, once the job is completed.")


MODELS: tuple[type[BaseModel], ...] = (
    Problem,
    AssetUploadResponse,
    UploadFormRequest,
    UploadFormResponse,
    ChangeAssetRequest,
    ChangedAsset,
    DeleteAssetsRequest,
    DeleteAssetsResponse,
    CompletedAsset,
    AssetListResponse,
    DeleteResponse,
    UsageResponse,
    HealthResponse,
    GenerateRequest,
    GenerateResponse,
    ImportRequest,
    ImportResponse,
    JobResponse,
    JobListResponse,
)
