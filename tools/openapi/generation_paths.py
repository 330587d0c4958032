"""The paths of generation and its jobs."""

from typing import Any

from asset_api import errors, listing, rate_limits
from tools.openapi import parts

_UNAUTHORIZED = (errors.not_authenticated(),)
_UNAVAILABLE = (errors.provider_unavailable(), errors.temporarily_unavailable("AWS"))


def paths() -> dict[str, Any]:
    job_id = parts.parameter("job_id", "path", {"type": "string", "format": "uuid"}, required=True)
    found = {"200": parts.json_answer("The job.", "JobResponse")}
    not_found = (*_UNAUTHORIZED, errors.job_not_found())
    return {
        "/api/v2/generate": {"post": _generate()},
        "/api/v2/jobs": {"get": _list()},
        "/api/v2/jobs/{job_id}": {
            "parameters": [job_id],
            "get": parts.operation("A job, to be polled", "getJob", found, (*not_found, _UNAVAILABLE[1])),
        },
        "/api/v2/jobs/{job_id}/cancel": {
            "parameters": [job_id],
            "post": parts.operation(
                "Cancel a job; one that has ended stays as it is", "cancelJob", found, (*not_found, *_UNAVAILABLE)
            ),
        },
        "/api/v2/webhooks/replicate": {"post": _webhook()},
    }


def _generate() -> dict[str, Any]:
    operation = parts.operation(
        "Make a video of an image and a prompt",
        "generate",
        {"202": parts.json_answer("The job, which has begun.", "GenerateResponse")},
        (
            errors.input_asset_not_found("first_frame_image"),
            errors.input_refused("input.duration: Must be less than or equal to 10"),
            *_UNAUTHORIZED,
            errors.idempotency_key_reused(),
            errors.invalid_request("model_id", "String should match pattern"),
            errors.too_many_requests({}),
            *_UNAVAILABLE,
        ),
    )
    operation["description"] = (
        f"At most {rate_limits.ADMISSIONS} generations of an owner in any {rate_limits.WINDOW_SECONDS} seconds."
    )
    operation["parameters"] = [parts.idempotency_key()]
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": parts.reference("GenerateRequest")}},
    }
    return operation


def _list() -> dict[str, Any]:
    operation = parts.operation(
        "Your jobs, newest first",
        "listJobs",
        {"200": parts.json_answer("A page.", "JobListResponse")},
        (*_UNAUTHORIZED, errors.invalid_request("limit", "must be an integer from 1 to 100"), _UNAVAILABLE[1]),
    )
    limits = {"type": "integer", "minimum": 1, "maximum": listing.MAX_LIMIT, "default": listing.DEFAULT_LIMIT}
    operation["parameters"] = [
        parts.parameter("limit", "query", limits),
        parts.parameter("cursor", "query", {"type": "string", "description": "next_cursor of the page before."}),
    ]
    return operation


def _webhook() -> dict[str, Any]:
    operation = parts.operation(
        "For the provider alone: a prediction has ended. Signed, no token",
        "takeReplicateWebhook",
        {"200": {"description": "It was taken."}},
        (errors.invalid_token(),),
    )
    operation["security"] = []
    return operation
