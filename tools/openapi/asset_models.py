"""Models of responses about assets: uploads, metadata, lists and usage."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from asset_api.assets import asset
from asset_api.media import file_types
from asset_api.media.content_credentials import ContentCredentials

EXAMPLE_ID = "0199d1a0-7c3e-7a51-9b1e-2f6d3c4b5a69"
EXAMPLE_URL = f"https://assets.example.com/api/v2/assets/{EXAMPLE_ID}"


class AssetUploadResponse(BaseModel):
    """An asset, or the asset that an upload form will create."""

    success: bool
    url: str = Field(examples=[EXAMPLE_URL])
    asset_id: str = Field(examples=[EXAMPLE_ID])
    filename: str = Field(examples=["image.jpg"])
    size_bytes: int | None = Field(examples=[245890], description="Null if the form accepts any size.")


class UploadForm(BaseModel):
    """An S3 presigned POST: send `fields`, then the file as `file`, to `url`."""

    method: str = Field(examples=["POST"])
    url: str
    fields: dict[str, str]
    key: str
    expires: int = Field(description="Lifetime in seconds.")
    expires_at: str


class UploadFormResponse(AssetUploadResponse):
    upload: UploadForm


class UploadInParts(BaseModel):
    """The division of the file into parts. Only the last part may be smaller than `part_size`."""

    id: str = Field(description="Opaque; for the requests about this upload.")
    part_size: int = Field(examples=[16777216])
    part_count: int = Field(examples=[64])
    expires_at: str = Field(
        examples=["2025-11-16T12:34:56Z"], description="Parts that are not completed by then are removed."
    )


class BegunUploadResponse(AssetUploadResponse):
    upload: UploadInParts


class SignedPart(BaseModel):
    """A request to S3: send exactly `size` bytes with exactly these headers. Content-Length is signed, too."""

    part_number: int = Field(examples=[1])
    method: str = Field(examples=["PUT"])
    url: str
    headers: dict[str, str]
    size: int = Field(examples=[16777216])


class SignedPartsResponse(BaseModel):
    success: bool
    parts: list[SignedPart]


class StoredPart(BaseModel):
    part_number: int = Field(examples=[1])
    size: int = Field(examples=[16777216])
    etag: str = Field(examples=['"5d41402abc4b2a76b9719d911017c592"'], description="As in the response to its PUT.")


class UploadResponse(BaseModel):
    """The parts that S3 has."""

    success: bool
    status: Literal["uploading", "completed"] = Field(description="A completed upload has no parts.")
    size_bytes: int = Field(examples=[1073741824])
    part_size: int = Field(examples=[16777216])
    part_count: int = Field(examples=[64])
    expires_at: str
    parts: list[StoredPart]


class PublishingResponse(BaseModel):
    """A file that has arrived and is being published."""

    success: bool
    asset_id: str = Field(examples=[EXAMPLE_ID])
    url: str = Field(examples=[EXAMPLE_URL])
    status: Literal["publishing"]


class AbortResponse(BaseModel):
    success: bool
    message: str = Field(examples=[f"Upload of {EXAMPLE_ID} aborted"])


_SIDE = (
    "In pixels as displayed: EXIF orientation or the video's rotation and pixel aspect ratio are applied. Absent if the"
    " file has no picture, such as an MP4 with only sound."
)


class Asset(BaseModel):
    """A published file. Properties that are unknown are absent."""

    model_config = ConfigDict(title="Asset")

    asset_id: str = Field(examples=[EXAMPLE_ID])
    filename: str = Field(examples=["image.jpg"])
    file_type: str = Field(examples=["image/jpeg"], json_schema_extra={"enum": [t.mime for t in file_types.SUPPORTED]})
    size_bytes: int = Field(examples=[245890])
    uploaded_at: str = Field(examples=["2025-11-15T12:34:56"], description="UTC, without offset or fraction.")
    url: str = Field(examples=[EXAMPLE_URL])
    source: asset.Source
    content_credentials: ContentCredentials = Field(
        description="What publishing did with the file's C2PA manifest. A kept manifest stays as valid as it was."
    )
    tags: list[str]
    expires_at: str | None = Field(
        examples=["2025-11-16T12:34:56"], description="UTC, without offset or fraction. Null: never."
    )
    visibility: asset.Visibility
    thumbnail_url: str | None = Field(
        examples=[f"{EXAMPLE_URL}/w320.webp"],
        description="A rendition, 320 pixels wide; a video's poster frame. Null if the file cannot be decoded."
        " A private asset's is signed for an hour.",
    )
    thumbhash: str | None = Field(
        examples=["3gcGHYaWdKidWaivdUiXljB4iH9s"],
        description="A placeholder image in base64, see https://evanw.github.io/thumbhash/. Null until known.",
    )
    sha256: str = Field(default="", description="Of the published bytes, in hex.")
    width: int = Field(default=0, description=_SIDE)
    height: int = Field(default=0, description=_SIDE)
    duration_seconds: float = Field(default=0, description="Videos only, to the millisecond.", examples=[5.875])
    frames_per_second: float = Field(default=0, description="Videos only, the average.", examples=[29.97])
    video_codec: str = Field(default="", description="FFmpeg's name.", examples=["h264"])
    audio_codec: str | None = Field(
        default=None, description="FFmpeg's name; `pcm` for every kind of PCM. Null for a video without sound."
    )
    job_id: str = Field(default="", description="The job that made the asset.")
    source_url: str = Field(default="", description="Imports only: the URL as it was sent.")
    rendition_error: str = Field(
        default="",
        description="The reason, only if the file has no renditions.",
        examples=["the file cannot be decoded"],
    )


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
    message: str = Field(examples=[f"Asset {EXAMPLE_ID} deleted successfully"])


class DeleteAssetsResponse(BaseModel):
    """Each requested id exactly once, in the order of the request."""

    success: bool
    deleted: list[str]
    not_found: list[str]
    failed: list[str] = Field(
        default=[], description="Present only if AWS failed: these may or may not be deleted; repeat the request."
    )


class SignedUrlResponse(BaseModel):
    success: bool
    url: str = Field(
        description="Works like a public asset's URL until `expires_at`, without a token, for anyone who has it."
    )
    expires_at: str = Field(examples=["2025-11-15T13:34:56Z"], description="Earlier, if the asset itself expires.")


class UsageLimits(BaseModel):
    """The limits of this deployment; null: no limit."""

    max_upload_bytes: int = Field(examples=[file_types.MAX_BYTES])
    uploads_per_minute: int = Field(examples=[10])
    generations_per_minute: int = Field(examples=[10])
    max_bytes: int | None = Field(description="Total size of your assets.")
    max_assets: int | None


class UsageResponse(BaseModel):
    """The number and total size of your published assets."""

    success: bool
    assets: int = Field(examples=[12])
    bytes: int = Field(examples=[3456789])
    limits: UsageLimits
