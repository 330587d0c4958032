"""Paths of generations, and of the provider's webhook."""

from typing import Any

from asset_api.jobs import jobs_in_flight
from asset_api.platform import errors, rate_limits
from tools.openapi import blocks, job_paths

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
    return {
        "/api/v2/generate": {"post": _generate()},
        "/api/v2/webhooks/replicate": {"post": _webhook()},
    }


def _generate() -> dict[str, Any]:
    operation = blocks.operation(
        "Generate a video from an image and a prompt",
        "generate",
        {"202": job_paths.job_started("GenerateResponse")},
        (
            errors.input_asset_not_found("first_frame_image"),
            errors.input_rendition_not_found("first_frame_image", "the video has no frame that can be decoded"),
            errors.input_refused("input.duration: Must be less than or equal to 10"),
            *blocks.UNAUTHORIZED,
            errors.model_not_allowed(("minimax/*", "kwaivgi/kling-v2.1")),
            errors.quota_exceeded(1000, 5 * 2**30),
            errors.idempotency_key_reused(),
            errors.invalid_request("model_id", "String should match pattern"),
            blocks.too_many_requests(rate_limits.GENERATIONS),
            errors.too_many_jobs(10, ("0199d1a0-3d80-7c4a-9b1e-5f0f9a621d72",), jobs_in_flight.RETRY_AFTER_SECONDS),
            *_UNAVAILABLE,
        ),
        tag=_TAG,
    )
    operation["description"] = (
        f"At most {rate_limits.DEFAULT_ADMISSIONS} generations per owner in any {rate_limits.WINDOW_SECONDS} seconds "
        "and as many jobs in flight, unless the deployment sets other limits."
    )
    operation["parameters"] = [blocks.idempotency_key()]
    operation["requestBody"] = blocks.json_request("GenerateRequest", _EXAMPLES)
    return operation


def _webhook() -> dict[str, Any]:
    operation = blocks.operation(
        "Receive the provider's signed webhook for an ended prediction; no token",
        "takeReplicateWebhook",
        {"200": {"description": "The webhook was accepted."}},
        (
            *blocks.UNAUTHORIZED,
            errors.invalid_request("query", "names no job"),
            errors.temporarily_unavailable("AWS"),
        ),
        tag=_TAG,
    )
    operation["security"] = []
    text = {"type": "string"}
    operation["parameters"] = [
        *(blocks.parameter(name, "header", text, required=True) for name in _SIGNATURE_HEADERS),
        *(blocks.parameter(name, "query", text, required=True) for name in ("owner", "job")),
    ]
    prediction = {"type": "object", "required": ["id"], "properties": {"id": text}}
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": prediction}}}
    return operation
