"""The API's responses: its JSON objects, typed."""

import sys
from typing import Any, Literal

if sys.version_info >= (3, 11):
    from typing import NotRequired, TypedDict
else:
    # Both, because the TypedDict of Python 3.10 ignores NotRequired.
    from typing_extensions import NotRequired, TypedDict

FileType = Literal["image", "video"]
JobKind = Literal["generation", "import", "erasure"]
JobStatus = Literal["pending", "processing", "completed", "failed", "canceled"]
Visibility = Literal["public", "private"]


class AssetUploadResponse(TypedDict):
    """The response to an upload. `size_bytes` is the published size, smaller if metadata was removed."""

    success: bool
    url: str
    asset_id: str
    filename: str
    size_bytes: int


class Asset(TypedDict):
    """An asset. `uploaded_at` and `expires_at` are UTC without an offset: `2025-11-15T12:34:56`.

    `width` and `height` are those that a viewer sees. `thumbhash` is base64 (about 25 bytes). `thumbnail_url` is None
    if the file has no renditions; `rendition_error` says why. `audio_codec` is None without sound.
    """

    asset_id: str
    filename: str
    file_type: str
    size_bytes: int
    uploaded_at: str
    url: str
    sha256: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]
    source: NotRequired[Literal["upload", "generation", "import"]]
    source_url: NotRequired[str]
    job_id: NotRequired[str]
    content_credentials: NotRequired[Literal["kept", "removed", "none"]]
    tags: NotRequired[list[str]]
    expires_at: NotRequired[str | None]
    visibility: NotRequired[Visibility]
    thumbnail_url: NotRequired[str | None]
    thumbhash: NotRequired[str | None]
    rendition_error: NotRequired[str]
    duration_seconds: NotRequired[float]
    frames_per_second: NotRequired[float]
    video_codec: NotRequired[str]
    audio_codec: NotRequired[str | None]


class AssetListResponse(TypedDict):
    """A page of assets, newest first. `next_cursor` is None on the last page."""

    success: bool
    assets: list[Asset]
    limit: int
    offset: int
    next_cursor: str | None


class DeleteResponse(TypedDict):
    """The response to a delete."""

    success: bool
    message: str


class DeleteManyResponse(TypedDict):
    """The response to a bulk delete: the deleted ids, and those that the owner does not have."""

    success: bool
    deleted: list[str]
    not_found: list[str]


class ImportResponse(TypedDict):
    """The response to an import: the job to wait for, and the id that its asset will have."""

    success: bool
    job_id: str
    asset_id: str
    status: JobStatus


class EraseResponse(TypedDict):
    """The response to an erasure: the job to wait for."""

    success: bool
    job_id: str


class SignedUrlResponse(TypedDict):
    """A URL of a private asset, or of a rendition of one, that works until `expires_at`."""

    success: bool
    url: str
    expires_at: str


class UsageLimits(TypedDict):
    """The deployment's limits for each owner; None for no limit."""

    max_upload_bytes: int
    uploads_per_minute: int
    generations_per_minute: int
    max_bytes: int | None
    max_assets: int | None


class Usage(TypedDict):
    """The number of an owner's assets, and their bytes."""

    success: bool
    assets: int
    bytes: int
    limits: UsageLimits


class GenerateResponse(TypedDict):
    """The response to a generation request: the job to wait for."""

    success: bool
    job_id: str
    status: JobStatus


class Job(TypedDict):
    """A job: a generation, an import or an erasure.

    Once `completed`, the first two have `asset_id` and `video_url` (an import of an image has only `asset_url`), and an
    erasure `deleted_assets`. Once `failed`, it has `error_message`.
    """

    job_id: str
    kind: NotRequired[JobKind]
    status: JobStatus
    model_id: NotRequired[str | None]
    prompt: NotRequired[str | None]
    created_at: str
    completed_at: str | None
    video_url: str | None
    asset_id: str | None
    asset_url: NotRequired[str | None]
    source_url: NotRequired[str | None]
    deleted_assets: NotRequired[int | None]
    error_message: str | None


class JobListResponse(TypedDict):
    """A page of jobs, newest first. `next_cursor` is None on the last page."""

    success: bool
    jobs: list[Job]
    limit: int
    next_cursor: str | None


class UploadForm(TypedDict):
    """An S3 presigned POST: `fields` first, then the file as `file`, posted to `url` before `expires_at`."""

    method: str
    url: str
    fields: dict[str, str]
    key: str
    expires: int
    expires_at: str


class UploadFormResponse(TypedDict):
    """The response to a request for an upload form."""

    success: bool
    url: str
    asset_id: str
    filename: str
    size_bytes: int | None
    upload: UploadForm


class UploadInParts(TypedDict):
    """An upload in parts: `part_count` parts of `part_size` bytes; the last one may be smaller."""

    id: str
    part_size: int
    part_count: int
    expires_at: str


class UploadInPartsResponse(TypedDict):
    """The response to a request for an upload in parts."""

    success: bool
    url: str
    asset_id: str
    filename: str
    size_bytes: int | None
    upload: UploadInParts


class SignedPart(TypedDict):
    """A request that stores a part: exactly `size` bytes with exactly these headers."""

    part_number: int
    method: str
    url: str
    headers: dict[str, str]
    size: int


class SignedPartsResponse(TypedDict):
    parts: list[SignedPart]


class StoredPart(TypedDict):
    part_number: int
    size: int
    etag: str


class StoredPartsResponse(TypedDict):
    """The parts that S3 has. Once they are assembled there are none, and `status` is `completed`."""

    status: NotRequired[str]
    parts: list[StoredPart]


ModelInput = dict[str, Any]
"""Inputs of a model: any JSON object that the model accepts."""
