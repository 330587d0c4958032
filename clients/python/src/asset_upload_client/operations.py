"""Operations other than uploads and downloads: one request each, or polling."""

import time
import uuid
from collections.abc import Callable

from asset_upload_client import errors
from asset_upload_client.answers import (
    Asset,
    AssetListResponse,
    DeleteResponse,
    FileType,
    GenerateResponse,
    Job,
    JobListResponse,
    ModelInput,
)
from asset_upload_client.exchanges import Api, asset_path, job_path
from asset_upload_client.steps import Sleep, Steps

_FIRST_POLL_SECONDS = 1.0
_LONGEST_POLL_SECONDS = 10.0
_ENDED = ("completed", "failed", "canceled")

OnJob = Callable[[Job], object]
"""Called with the job after each poll."""


def list_assets(
    api: Api, *, limit: int, offset: int | None, cursor: str | None, file_type: FileType | None
) -> Steps[AssetListResponse]:
    params = {"limit": limit, "offset": offset, "cursor": cursor, "file_type": file_type}
    page: AssetListResponse = yield from api.request("GET", "/assets", AssetListResponse, params=params)
    return page


def next_cursor(page: AssetListResponse, cursor: str | None) -> str | None:
    """Return the cursor of the page after `page`, which `cursor` led to. Raises an `AssetError` where it leads back."""
    following = page["next_cursor"]
    if following is not None and following == cursor:
        raise errors.AssetError("The server is not an Asset Upload API: its list never ends")
    return following


def get_asset(api: Api, asset_id: str) -> Steps[Asset]:
    asset: Asset = yield from api.request("GET", f"{asset_path(asset_id)}/metadata", Asset)
    return asset


def delete_asset(api: Api, asset_id: str) -> Steps[DeleteResponse]:
    """Delete an asset. A 404 after a lost response counts as success: that attempt may have deleted it."""
    try:
        answer: DeleteResponse = yield from api.request("DELETE", asset_path(asset_id), DeleteResponse)
    except errors.AssetNotFound as error:
        if error.tries == 1:
            raise
        return DeleteResponse(success=True, message=f"Asset {asset_id} deleted successfully")
    return answer


def generate(
    api: Api, *, prompt: str, model_id: str, model_input: ModelInput | None, idempotency_key: str | None
) -> Steps[GenerateResponse]:
    body = {"prompt": prompt, "model_id": model_id, "input": model_input or {}}
    key = idempotency_key or str(uuid.uuid4())
    answer: GenerateResponse = yield from api.request(
        "POST", "/generate", GenerateResponse, json=body, idempotency_key=key
    )
    return answer


def get_job(api: Api, job_id: str) -> Steps[Job]:
    job: Job = yield from api.request("GET", job_path(job_id), Job)
    return job


def list_jobs(api: Api, *, limit: int, cursor: str | None) -> Steps[JobListResponse]:
    page: JobListResponse = yield from api.request(
        "GET", "/jobs", JobListResponse, params={"limit": limit, "cursor": cursor}
    )
    return page


def cancel_job(api: Api, job_id: str) -> Steps[Job]:
    job: Job = yield from api.request("POST", f"{job_path(job_id)}/cancel", Job)
    return job


def wait_for_job(
    api: Api, job_id: str, *, timeout: float, on_change: OnJob | None, clock: Callable[[], float] = time.monotonic
) -> Steps[Job]:
    deadline = clock() + timeout
    pause = _FIRST_POLL_SECONDS
    while True:
        job = yield from get_job(api, job_id)
        if on_change:
            on_change(job)
        if job["status"] in _ENDED:
            return completed(job)
        if clock() >= deadline:
            detail = f"Job {job_id} is still {job['status']} after {timeout:.0f} s"
            raise errors.JobTimedOut(detail, job_id=job_id)
        yield Sleep(min(pause, max(0.0, deadline - clock())))
        pause = min(pause * 1.5, _LONGEST_POLL_SECONDS)


def completed(job: Job) -> Job:
    """The job, which has ended. Raises `JobFailed` or `JobCanceled` where it has no video."""
    job_id = job["job_id"]
    if job["status"] == "failed":
        raise errors.JobFailed(f"Job {job_id} failed: {job['error_message']}", job_id=job_id)
    if job["status"] == "canceled":
        raise errors.JobCanceled(f"Job {job_id} was canceled", job_id=job_id)
    return job
