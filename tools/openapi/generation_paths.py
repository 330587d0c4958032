"""Paths of generations and jobs."""

from typing import Any

from asset_api.assets.list_parameters import DEFAULT_LIMIT, MAX_LIMIT
from asset_api.jobs import jobs_in_flight
from asset_api.platform import errors, rate_limits
from tools.openapi import parts

_TAG = "jobs"
_EXAMPLES = {
    "Image to video": {
        "prompt": "Make the person in this image wave hello",
        "model_id": "minimax/video-01",
        "input": {"first_frame_image": "https://images.example.com/portrait.jpg"},
    },
    "Text to video": {"prompt": "Waves at dusk", "model_id": "minimax/video-01"},
}
_UNAVAILABLE = (errors.provider_unavailable(), errors.temporarily_unavailable("AWS"))

_SIGNATURE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")  # Standard Webhooks


def paths() -> dict[str, Any]:
    job_id = parts.parameter("job_id", "path", {"type": "string", "format": "uuid"}, required=True)
    found = {"200": parts.json_answer("The job.", "JobResponse")}
    not_found = (*parts.UNAUTHORIZED, errors.job_not_found())
    return {
        "/api/v2/generate": {"post": _generate()},
        "/api/v2/jobs": {"get": _list()},
        "/api/v2/jobs/{job_id}": {
            "parameters": [job_id],
            "get": parts.operation(
                "Get a job: poll this until it ends", "getJob", found, (*not_found, _UNAVAILABLE[1]), tag=_TAG
            ),
        },
        "/api/v2/jobs/{job_id}/cancel": {
            "parameters": [job_id],
            "post": parts.operation(
                "Cancel a job; no effect if it has ended",
                "cancelJob",
                found,
                (*not_found, *_UNAVAILABLE),
                tag=_TAG,
            ),
        },
        "/api/v2/webhooks/replicate": {"post": _webhook()},
    }


def _generate() -> dict[str, Any]:
    begun = parts.json_answer("The job has started.", "GenerateResponse", of_a_job("/job_id"))
    begun["headers"] = {"Location": parts.header("The job's URL.")}
    operation = parts.operation(
        "Generate a video from an image and a prompt",
        "generate",
        {"202": begun},
        (
            errors.input_asset_not_found("first_frame_image"),
            errors.input_rendition_not_found("first_frame_image", "the video has no frame that can be decoded"),
            errors.input_refused("input.duration: Must be less than or equal to 10"),
            *parts.UNAUTHORIZED,
            errors.model_not_allowed(("minimax/*", "kwaivgi/kling-v2.1")),
            errors.quota_exceeded(1000, 5 * 2**30),
            errors.idempotency_key_reused(),
            errors.invalid_request("model_id", "String should match pattern"),
            parts.too_many_requests(rate_limits.GENERATIONS),
            errors.too_many_jobs(10, ("0199d1a0-3d80-7c4a-9b1e-5f0f9a621d72",), jobs_in_flight.RETRY_AFTER_SECONDS),
            *_UNAVAILABLE,
        ),
        tag=_TAG,
    )
    operation["description"] = (
        f"At most {rate_limits.DEFAULT_ADMISSIONS} generations per owner in any {rate_limits.WINDOW_SECONDS} seconds "
        "and as many jobs in flight, unless the deployment sets other limits."
    )
    operation["parameters"] = [parts.idempotency_key()]
    operation["requestBody"] = parts.json_request("GenerateRequest", _EXAMPLES)
    return operation


def _list() -> dict[str, Any]:
    operation = parts.operation(
        "List your jobs, newest first",
        "listJobs",
        {
            "200": parts.json_answer(
                "A page.",
                "JobListResponse",
                {"next": parts.link("listJobs", cursor="/next_cursor"), **of_a_job("/jobs/0/job_id")},
            )
        },
        (*parts.UNAUTHORIZED, errors.invalid_request("limit", "must be an integer from 1 to 100"), _UNAVAILABLE[1]),
        tag=_TAG,
    )
    limits = {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_LIMIT,
        "default": DEFAULT_LIMIT,
    }
    operation["parameters"] = [
        parts.parameter("limit", "query", limits),
        parts.parameter("cursor", "query", {"type": "string", "description": "`next_cursor` of the previous page."}),
    ]
    return operation


def of_a_job(pointer: str) -> dict[str, Any]:
    """Return the links of a response with a job's id at `pointer`."""
    return {"job": parts.link("getJob", job_id=pointer), "cancel": parts.link("cancelJob", job_id=pointer)}


def _webhook() -> dict[str, Any]:
    operation = parts.operation(
        "Receive the provider's signed webhook for an ended prediction; no token",
        "takeReplicateWebhook",
        {"200": {"description": "The webhook was accepted."}},
        (*parts.UNAUTHORIZED, errors.invalid_request("query", "names no job"), errors.temporarily_unavailable("AWS")),
        tag=_TAG,
    )
    operation["security"] = []
    text = {"type": "string"}
    operation["parameters"] = [
        *(parts.parameter(name, "header", text, required=True) for name in _SIGNATURE_HEADERS),
        *(parts.parameter(name, "query", text, required=True) for name in ("owner", "job")),
    ]
    prediction = {"type": "object", "required": ["id"], "properties": {"id": text}}
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": prediction}}}
    return operation
