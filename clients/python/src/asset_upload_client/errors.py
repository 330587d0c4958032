"""What can go wrong. Every message says what happened and what to do about it."""

import re
from typing import Any

import httpx

PROBLEM_TYPE_PREFIX = "urn:asset-upload-api:problem:"


class AssetError(Exception):
    """Base of all errors of this package.

    `status` is of the HTTP answer, None where there was none; `detail` is the service's own words; `request_id` is
    what its operator finds the request by; `retry_after` is in seconds, where the service said so; `tries` is how
    often the request was sent.
    """

    advice = ""

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        tries: int = 1,
    ) -> None:
        self.detail = detail
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.tries = tries
        advice = self.advice.format(retry_after=f"{retry_after:.0f} s" if retry_after else "a while")
        super().__init__(f"{detail.rstrip('.')}. {advice}" if advice else detail)


class NotAuthenticated(AssetError):
    """401: no token, or one that is invalid or has expired."""

    advice = "Pass a valid token; tokens expire, so you may need a new one."


class InvalidFile(AssetError):
    """The file cannot be uploaded as it is. Base of the errors about its type, size and bytes."""


class InvalidFileType(InvalidFile):
    """400: a type that is not taken, or content that is not what the name says."""

    advice = "Convert the file, or give it the name of what it is."


class FileTooLarge(InvalidFile):
    """400 or 413: more than 50 MB."""

    advice = "Make it smaller, for example by compressing it."


class EmptyFile(InvalidFile):
    """400: no bytes."""

    advice = "Check that whatever wrote it has finished."


class FileNotReadable(InvalidFile):
    """There is no such file, it is a directory, or it may not be read."""

    advice = "Check the path and its permissions."


class FileNotWritable(AssetError):
    """What is downloaded cannot be written: the disk is full, or the folder may not be written into."""

    advice = "Free some space, or choose another folder."


class FileExists(AssetError):
    """A download would replace an existing file."""

    advice = "Choose another name, or allow it to be replaced (`overwrite=True`, or `--force` on the command line)."


class ChecksumMismatch(AssetError):
    """The bytes that arrived are not those that were sent."""

    advice = "Transfer the file again; it must not change meanwhile."


class InvalidRequest(AssetError):
    """400 or 422: a parameter is missing or wrong."""

    advice = "Correct what it names and try again."


class AssetNotFound(AssetError):
    """404: no such asset of this token's owner."""

    advice = "Check the id and that the token is of the asset's owner; it may have been deleted."


class JobNotFound(AssetError):
    """404: no such job of this token's owner."""

    advice = "Check the id and that the token is of the job's owner."


class Conflict(AssetError):
    """409: an Idempotency-Key came with another body, or an upload was completed before its bytes arrived."""


class RateLimited(AssetError):
    """429: too many uploads or generations within a minute."""

    advice = "Try again in {retry_after}."


class ServiceUnavailable(AssetError):
    """500, 502, 503 or 504: the service, or what it depends on, failed."""

    advice = "Try again in {retry_after}; if it lasts, give the request's id to the service's operator."


class ConnectionFailed(AssetError):
    """No answer: the service could not be reached, or the connection broke, however often it was tried."""

    advice = "Check the service's address and the network, then try again."


class FormExpired(AssetError):
    """S3 took the upload form for expired, with new ones too."""

    advice = "Check this machine's clock and try again."


class JobNotCompleted(AssetError):
    """A generation has no video. `job_id` is its job."""

    def __init__(self, detail: str, *, job_id: str) -> None:
        super().__init__(detail)
        self.job_id = job_id


class JobFailed(JobNotCompleted):
    """A generation ended without a video."""

    advice = "Change the input or the model and generate again."


class JobCanceled(JobNotCompleted):
    """A generation was canceled."""

    advice = "Generate again if you want the video."


class JobTimedOut(JobNotCompleted):
    """A generation has not ended within the time given. It goes on."""

    advice = "Wait for it again, or cancel it."


_BY_SLUG: dict[str, type[AssetError]] = {
    "asset-not-found": AssetNotFound,
    "checksum-mismatch": ChecksumMismatch,
    "direct-upload-too-large": FileTooLarge,
    "empty-file": EmptyFile,
    "file-too-large": FileTooLarge,
    "invalid-file-type": InvalidFileType,
    "job-not-found": JobNotFound,
}
_BY_STATUS: dict[int, type[AssetError]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    409: Conflict,
    413: FileTooLarge,
    422: InvalidRequest,
    429: RateLimited,
}


def of_response(response: httpx.Response, tries: int = 1) -> AssetError:
    """The error that an answer of the API stands for, which came after `tries`."""
    problem = _problem(response)
    slug = str(problem.get("type", "")).removeprefix(PROBLEM_TYPE_PREFIX)
    detail = problem.get("detail") or f"The service answered {response.status_code} {response.reason_phrase}"
    kind = _BY_SLUG.get(slug) or _BY_STATUS.get(response.status_code)
    if kind is None:
        kind = ServiceUnavailable if response.status_code >= 500 else AssetError
    return kind(
        str(detail),
        status=response.status_code,
        request_id=problem.get("request_id"),
        retry_after=retry_after_seconds(response),
        tries=tries,
    )


def of_s3_response(response: httpx.Response) -> AssetError:
    """The error that S3's answer to a form stands for (S3 API reference, "Error responses": XML)."""
    code = _xml(response.text, "Code") or str(response.status_code)
    message = _xml(response.text, "Message") or response.reason_phrase
    kind: type[AssetError] = AssetError
    if "expired" in f"{code} {message}".lower():
        kind = FormExpired
    elif code in ("BadDigest", "XAmzContentChecksumMismatch"):
        kind = ChecksumMismatch
    elif code == "EntityTooLarge":
        kind = FileTooLarge
    elif response.status_code >= 500:
        kind = ServiceUnavailable
    request_id = _xml(response.text, "RequestId")
    return kind(f"S3 refused the file: {code}: {message}", status=response.status_code, request_id=request_id)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """What `Retry-After` says, in the form the API sends: seconds (RFC 9110, section 10.2.3)."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _xml(text: str, element: str) -> str | None:
    found = re.search(f"<{element}>([^<]*)</{element}>", text)
    return found[1] if found else None
