"""Paths of jobs of every kind: get, list, cancel."""

from typing import Any

from asset_api.platform import errors
from tools.openapi import blocks

_TAG = "jobs"
_UNAVAILABLE = (errors.provider_unavailable(), errors.temporarily_unavailable("AWS"))


def paths() -> dict[str, Any]:
    job_id = blocks.parameter("job_id", "path", {"type": "string", "format": "uuid"}, required=True)
    found = {"200": blocks.json_response("The job.", "JobResponse")}
    not_found = (*blocks.UNAUTHORIZED, errors.job_not_found())
    return {
        "/api/v2/jobs": {"get": _list()},
        "/api/v2/jobs/{job_id}": {
            "parameters": [job_id],
            "get": blocks.operation(
                "Get a job: poll this until it ends", "getJob", found, (*not_found, _UNAVAILABLE[1]), tag=_TAG
            ),
        },
        "/api/v2/jobs/{job_id}/cancel": {
            "parameters": [job_id],
            "post": blocks.operation(
                "Cancel a job; no effect if it has ended",
                "cancelJob",
                found,
                (*not_found, *_UNAVAILABLE),
                tag=_TAG,
            ),
        },
    }


def _list() -> dict[str, Any]:
    operation = blocks.operation(
        "List your jobs, newest first",
        "listJobs",
        {
            "200": blocks.json_response(
                "A page.",
                "JobListResponse",
                {"next": blocks.link("listJobs", cursor="/next_cursor"), **of_a_job("/jobs/0/job_id")},
            )
        },
        (
            *blocks.UNAUTHORIZED,
            errors.invalid_request("limit", "must be an integer from 1 to 100"),
            _UNAVAILABLE[1],
        ),
        tag=_TAG,
    )
    operation["parameters"] = [
        blocks.page_limit(),
        blocks.parameter("cursor", "query", {"type": "string", "description": "`next_cursor` of the previous page."}),
    ]
    return operation


def job_started(model: str) -> dict[str, Any]:
    """Return the 202 of a request that starts a job."""
    started = blocks.json_response("The job has started.", model, of_a_job("/job_id"))
    return started | {"headers": {"Location": blocks.header("The job's URL.")}}


def of_a_job(pointer: str) -> dict[str, Any]:
    """Return the links of a response with a job's id at `pointer`."""
    return {
        "job": blocks.link("getJob", job_id=pointer),
        "cancel": blocks.link("cancelJob", job_id=pointer),
    }
