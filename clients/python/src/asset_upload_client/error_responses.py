"""Errors for unsuccessful responses, of the API and of S3."""

import re
from typing import Any

import httpx

from asset_upload_client import errors

PROBLEM_TYPE_PREFIX = "urn:asset-upload-api:problem:"

_BY_SLUG: dict[str, type[errors.AssetError]] = {
    "asset-not-found": errors.AssetNotFound,
    "checksum-mismatch": errors.ChecksumMismatch,
    "direct-upload-too-large": errors.FileTooLarge,
    "empty-file": errors.EmptyFile,
    "file-too-large": errors.FileTooLarge,
    "invalid-file-type": errors.InvalidFileType,
    "job-not-found": errors.JobNotFound,
    "quota-exceeded": errors.QuotaExceeded,
    "rendition-not-found": errors.RenditionNotFound,
    "upload-not-found": errors.UploadNotFound,
}
_BY_STATUS: dict[int, type[errors.AssetError]] = {
    400: errors.InvalidRequest,
    401: errors.NotAuthenticated,
    403: errors.NotAllowed,
    409: errors.Conflict,
    413: errors.FileTooLarge,
    422: errors.InvalidRequest,
    429: errors.RateLimited,
}


def of_response(response: httpx.Response, tries: int = 1) -> errors.AssetError:
    """Return the error for an unsuccessful response, received after `tries` attempts."""
    problem = _problem(response)
    slug = str(problem.get("type", "")).removeprefix(PROBLEM_TYPE_PREFIX)
    # API Gateway's own errors, if a function has crashed or is throttled, have a `message` instead.
    message = problem.get("detail") or problem.get("message")
    kind = _BY_SLUG.get(slug) or _BY_STATUS.get(response.status_code)
    if kind is None:
        kind = errors.ServiceUnavailable if response.status_code >= 500 else errors.AssetError
        kind = kind if message or response.status_code >= 500 else errors.UnexpectedResponse
    return kind(
        str(message or _default_message(response)),
        status=response.status_code,
        request_id=problem.get("request_id"),
        retry_after=retry_after_seconds(response),
        tries=tries,
    )


def s3_code(response: httpx.Response) -> str:
    """Return the code of S3's error, or the status if it has none."""
    return _xml(response.text, "Code") or str(response.status_code)


def of_s3_response(response: httpx.Response) -> errors.AssetError:
    """Return the error for S3's response to a form, which is XML ("Error responses", S3 API reference)."""
    code = s3_code(response)
    message = _xml(response.text, "Message") or response.reason_phrase
    kind: type[errors.AssetError] = errors.AssetError
    if "expired" in f"{code} {message}".lower():
        kind = errors.FormExpired
    elif code in ("BadDigest", "XAmzContentChecksumMismatch"):
        kind = errors.ChecksumMismatch
    elif code == "EntityTooLarge":
        kind = errors.FileTooLarge
    elif response.status_code >= 500:
        kind = errors.ServiceUnavailable
    request_id = _xml(response.text, "RequestId")
    return kind(f"S3 refused the file: {code}: {message}", status=response.status_code, request_id=request_id)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Return `Retry-After` in seconds, the form that the API sends (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _default_message(response: httpx.Response) -> str:
    host = response.request.url.netloc.decode()
    status = f"{response.status_code} {response.reason_phrase}"
    if response.has_redirect_location:
        target = response.request.url.join(response.headers["Location"])
        return f"{host} redirects to {target.scheme}://{target.netloc.decode()}: use that address"
    if response.status_code >= 500:
        return f"The service responded {status}"
    return f"{host} is not an Asset Upload API, or a proxy is in between: it responded {status} without a reason"


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _xml(text: str, element: str) -> str | None:
    found = re.search(f"<{element}>([^<]*)</{element}>", text)
    return found[1] if found else None
