"""Operations on jobs: starting, watching and canceling them."""

import time
import uuid
from collections.abc import Callable

from asset_upload_client import errors, options
from asset_upload_client.exchanges import Api
from asset_upload_client.options import AssetOptions
from asset_upload_client.references import job_path
from asset_upload_client.response_types import (
    EraseResponse,
    GenerateResponse,
    ImportResponse,
    Job,
    JobListResponse,
    ModelInput,
)
from asset_upload_client.steps import Sleep, Steps

_FIRST_POLL_SECONDS = 1.0
_LONGEST_POLL_SECONDS = 10.0
_ENDED = ("completed", "failed", "canceled")

OnJob = Callable[[Job], object]
"""Called with the job after each poll."""


def import_url(
    api: Api, url: str, *, filename: str | None, idempotency_key: str | None, asset_options: AssetOptions
) -> Steps[ImportResponse]:
    body = {"url": url, **({"filename": filename} if filename else {}), **options.to_json(asset_options)}
    key = idempotency_key or str(uuid.uuid4())
    response: ImportResponse = yield from api.request(
        "POST", "/assets/import", ImportResponse, json=body, idempotency_key=key, pace=api.pace
    )
    return response


def erase_owner(api: Api) -> Steps[EraseResponse]:
    response: EraseResponse = yield from api.request("DELETE", "/owner", EraseResponse)
    return response


def generate(
    api: Api,
    *,
    prompt: str,
    model_id: str,
    model_input: ModelInput | None,
    idempotency_key: str | None,
    asset_options: AssetOptions,
) -> Steps[GenerateResponse]:
    body = {"prompt": prompt, "model_id": model_id, "input": model_input or {}, **options.to_json(asset_options)}
    key = idempotency_key or str(uuid.uuid4())
    response: GenerateResponse = yield from api.request(
        "POST", "/generate", GenerateResponse, json=body, idempotency_key=key
    )
    return response


def get_job(api: Api, job_id: str) -> Steps[Job]:
    job: Job = yield from api.request("GET", job_path(job_id), Job)
    return job


def list_jobs(api: Api, *, limit: int, cursor: str | None) -> Steps[JobListResponse]:
    page: JobListResponse = yield from api.request(
        "GET", "/jobs", JobListResponse, params={"limit": limit, "cursor": cursor}
    )
    return page


def cancel_job(api: Api, job_id: str) -> Steps[Job]:
    job: Job = yield from api.request("POST", job_path(job_id, "cancel"), Job)
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
    """Return a job that has ended. Raises `JobFailed` or `JobCanceled` unless it completed."""
    job_id = job["job_id"]
    if job["status"] == "failed":
        raise errors.JobFailed(f"Job {job_id} failed: {job['error_message']}", job_id=job_id)
    if job["status"] == "canceled":
        raise errors.JobCanceled(f"Job {job_id} was canceled", job_id=job_id)
    return job
