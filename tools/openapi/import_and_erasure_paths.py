"""Paths of imports and erasures."""

from typing import Any

from asset_api.jobs import jobs_in_flight
from asset_api.media import file_types
from asset_api.platform import errors, rate_limits
from tools.openapi import blocks, job_paths, upload_paths

_IMPORT_EXAMPLES = {
    "With a file name": {"url": "https://images.example.com/photo?id=7", "filename": "portrait.jpg"},
    "Only the URL": {"url": "https://images.example.com/portrait.jpg"},
}


def paths() -> dict[str, Any]:
    return {"/api/v2/assets/import": {"post": _import()}, "/api/v2/owner": {"delete": _erase()}}


def _erase() -> dict[str, Any]:
    operation = blocks.operation(
        "Erase everything that you have",
        "eraseOwner",
        {"202": job_paths.job_started("ErasureResponse")},
        (*blocks.UNAUTHORIZED, errors.temporarily_unavailable("AWS")),
        tag="jobs",
    )
    operation["description"] = (
        "Deletes all earlier assets, uploads and jobs, in flight or not. The job ends with the number of deleted "
        "assets, and is itself deleted a day later. It cannot be canceled."
    )
    return operation


def _import() -> dict[str, Any]:
    operation = blocks.operation(
        "Import a file from a URL",
        "importAsset",
        {"202": job_paths.job_started("ImportResponse")},
        (
            errors.invalid_file_type(".heic files are not supported", file_types.SUPPORTED_EXTENSIONS),
            *blocks.UNAUTHORIZED,
            upload_paths.OVER_QUOTA,
            errors.idempotency_key_reused(),
            errors.invalid_request("url", "must be an http or https URL without credentials"),
            blocks.too_many_requests(rate_limits.UPLOADS),
            errors.too_many_jobs(10, ("0199d1a0-3d80-7c4a-9b1e-5f0f9a621d72",), jobs_in_flight.RETRY_AFTER_SECONDS),
            errors.temporarily_unavailable("AWS"),
        ),
        tag="jobs",
    )
    operation["description"] = (
        "The URL must be http or https on port 80 or 443 of a public host. Up to five redirects are followed, under "
        "the same rules. Counts as an upload, and the job counts as one in flight."
    )
    operation["parameters"] = [blocks.idempotency_key()]
    operation["requestBody"] = blocks.json_request("ImportRequest", _IMPORT_EXAMPLES)
    return operation
