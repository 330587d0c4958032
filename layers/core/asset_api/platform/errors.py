"""All errors of the API. `http_api` renders them.

Each function returns one `ApiError` to raise. The `detail` texts that clients compare ("Too many requests",
"Not authenticated" and so on) are part of the HTTP contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(eq=False)
class ApiError(Exception):
    """An error response. `slug` is the stable code in the problem's `type` (RFC 9457, section 3.1.1)."""

    status: int
    slug: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.slug}: {self.detail}"


def _megabytes(size: int) -> str:
    return f"{size // (1024 * 1024)} MB ({size:,} bytes)"


def invalid_file_type(why: str, supported: Sequence[str]) -> ApiError:
    detail = f"Invalid file type: {why}. Supported: {', '.join(supported)}"
    return ApiError(400, "invalid-file-type", "Invalid file type", detail)


def file_too_large(limit_bytes: int) -> ApiError:
    return ApiError(400, "file-too-large", "File too large", f"File too large: at most {_megabytes(limit_bytes)}")


def empty_file() -> ApiError:
    return ApiError(400, "empty-file", "Empty file", "Empty file: it has no bytes")


def checksum_mismatch() -> ApiError:
    detail = "Checksum mismatch: the bytes that arrived do not have the declared sha256; upload the file again"
    return ApiError(400, "checksum-mismatch", "Checksum mismatch", detail)


def input_asset_not_found(field_name: str) -> ApiError:
    detail = f"{field_name}: names no live asset of this service; upload the file first and send its url"
    return ApiError(400, "input-asset-not-found", "Invalid input", detail)


def input_rendition_not_found(field_name: str, why: str) -> ApiError:
    detail = f"{field_name}: refers to a rendition that this asset does not have: {why}"
    return ApiError(400, "input-rendition-not-found", "Invalid input", detail)


INPUT_REFUSED = "The model's provider refused the request: "


def input_refused(message: str) -> ApiError:
    """Return the 400 with the generation provider's `message`."""
    return ApiError(400, "input-refused", "Invalid input", INPUT_REFUSED + message)


def not_authenticated() -> ApiError:
    return ApiError(401, "not-authenticated", "Unauthorized", "Not authenticated", {"WWW-Authenticate": "Bearer"})


def invalid_token() -> ApiError:
    return ApiError(401, "invalid-token", "Unauthorized", "Invalid or expired token", {"WWW-Authenticate": "Bearer"})


def model_not_allowed(allowed: Sequence[str]) -> ApiError:
    """Return the 403 that lists the `allowed` patterns of `owner/name`."""
    detail = f"Model not allowed: this deployment allows {', '.join(allowed)}"
    return ApiError(403, "model-not-allowed", "Model not allowed", detail)


def quota_exceeded(max_assets: int | None, max_bytes: int | None) -> ApiError:
    """Return the 403 that states the limits; None stands for no limit."""
    limits = [f"{max_assets:,} assets"] if max_assets is not None else []
    limits += [f"{max_bytes:,} bytes"] if max_bytes is not None else []
    detail = f"Quota exceeded: you may have at most {' and '.join(limits)}; delete some first"
    return ApiError(403, "quota-exceeded", "Quota exceeded", detail)


def not_found() -> ApiError:
    return ApiError(404, "not-found", "Not found", "Not found: the API has no such path and method")


def asset_not_found() -> ApiError:
    return ApiError(404, "asset-not-found", "Asset not found", "Asset not found")


def rendition_not_found(why: str) -> ApiError:
    """Return the 404 for a file without this rendition. It is permanent, so CloudFront caches it for a minute."""
    headers = {"Cache-Control": "public, max-age=60"}
    return ApiError(404, "rendition-not-found", "Rendition not found", f"Rendition not found: {why}", headers)


def upload_not_found() -> ApiError:
    return ApiError(404, "upload-not-found", "Upload not found", "Upload not found")


def job_not_found() -> ApiError:
    return ApiError(404, "job-not-found", "Job not found", "Job not found")


def idempotency_key_reused() -> ApiError:
    detail = "This Idempotency-Key was already used with another body: send a new key, or the original body"
    return ApiError(409, "idempotency-key-reused", "Conflict", detail)


def bytes_not_arrived() -> ApiError:
    detail = "The file has not arrived yet: post it with the upload form, then complete the upload"
    return ApiError(409, "bytes-not-arrived", "Conflict", detail)


def parts_missing(numbers: Sequence[int]) -> ApiError:
    """Return the 409 that lists the `numbers` of missing parts."""
    detail = f"Parts are missing: {', '.join(map(str, numbers))}; upload them, then complete the upload"
    return ApiError(409, "parts-missing", "Conflict", detail)


def upload_completed() -> ApiError:
    detail = "The upload is complete and its file is published: delete the asset to remove it"
    return ApiError(409, "upload-completed", "Conflict", detail)


def direct_upload_too_large(direct_limit_bytes: int, form_limit_bytes: int) -> ApiError:
    detail = (
        f"File too large for one request, which takes {direct_limit_bytes // (1024 * 1024)} MiB "
        f"({direct_limit_bytes:,} bytes). Send larger files, up to {_megabytes(form_limit_bytes)}, "
        "with an upload form: POST the file's name and size to /api/v2/upload-asset as application/json"
    )
    return ApiError(413, "direct-upload-too-large", "Content too large", detail)


def invalid_request(field_name: str, why: str) -> ApiError:
    return ApiError(422, "invalid-request", "Invalid request", f"{field_name}: {why}")


def too_many_requests(headers: Mapping[str, str]) -> ApiError:
    return ApiError(429, "too-many-requests", "Too many requests", "Too many requests", headers)


def too_many_jobs(limit: int, job_ids: Sequence[str], retry_after_seconds: int) -> ApiError:
    """Return the 429 for an owner whose jobs in flight are `job_ids`, oldest first."""
    oldest = f" (the oldest is {job_ids[0]})" if job_ids else ""
    detail = (
        f"Too many requests: you have {limit} jobs in flight{oldest}, the most allowed at a time; "
        "wait for one to end, or cancel one"
    )
    headers = {
        "Retry-After": str(retry_after_seconds),
        "RateLimit-Policy": f'"jobs-in-flight";q={limit}',
        "RateLimit": f'"jobs-in-flight";r=0;t={retry_after_seconds}',
    }
    return ApiError(429, "too-many-jobs", "Too many requests", detail, headers)


def internal_server_error() -> ApiError:
    return ApiError(500, "internal-server-error", "Internal server error", "Internal server error")


def provider_refused_account() -> ApiError:
    detail = "The model's provider does not accept this deployment's account; its operator must fix that"
    return ApiError(502, "provider-refused-account", "Bad gateway", detail)


def generation_not_configured() -> ApiError:
    detail = "This deployment has no account with a model provider: its operator must set ReplicateApiToken"
    return ApiError(502, "generation-not-configured", "Bad gateway", detail)


def provider_unavailable(retry_after_seconds: int = 10) -> ApiError:
    detail = "The model's provider is temporarily unavailable; try again"
    return ApiError(502, "provider-unavailable", "Bad gateway", detail, {"Retry-After": str(retry_after_seconds)})


PUBLICATION_FAILED = "publication-failed"


def publication_failed() -> ApiError:
    detail = "The file has arrived, but could not be published; upload it again"
    return ApiError(503, PUBLICATION_FAILED, "Service unavailable", detail)


def temporarily_unavailable(what: str, retry_after_seconds: int = 1) -> ApiError:
    detail = f"{what} is temporarily unavailable; try again"
    return ApiError(
        503,
        "temporarily-unavailable",
        "Service unavailable",
        detail,
        {"Retry-After": str(retry_after_seconds)},
    )
