"""The API's responses: its JSON objects, typed."""

import sys
from typing import Any, Literal, TypedDict

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

FileType = Literal["image", "video"]
JobStatus = Literal["pending", "processing", "completed", "failed", "canceled"]


class AssetUploadResponse(TypedDict):
    """The response to an upload. `size_bytes` is the published size, smaller where metadata was removed."""

    success: bool
    url: str
    asset_id: str
    filename: str
    size_bytes: int


class Asset(TypedDict):
    """An asset. `uploaded_at` is UTC without an offset: `2025-11-15T12:34:56`."""

    asset_id: str
    filename: str
    file_type: str
    size_bytes: int
    uploaded_at: str
    url: str
    sha256: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]
    source: NotRequired[Literal["upload", "generation"]]
    content_credentials: NotRequired[Literal["kept", "removed", "none"]]
    job_id: NotRequired[str]


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


class GenerateResponse(TypedDict):
    """The response to a generation request: the job to wait for."""

    success: bool
    job_id: str
    status: JobStatus


class Job(TypedDict):
    """A generation job. It has `video_url` and `asset_id` once `completed`, and `error_message` once `failed`."""

    job_id: str
    status: JobStatus
    model_id: str
    prompt: str
    created_at: str
    completed_at: str | None
    video_url: str | None
    asset_id: str | None
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


ModelInput = dict[str, Any]
"""Inputs of a model: any JSON object that the model accepts."""
