"""Errors: one tree below `AssetError`. Every message says what happened and what to do about it."""


class AssetError(Exception):
    """Base of all errors of this package.

    `status` is the HTTP status, None without a response. `detail` is the service's own message. With `request_id`, its
    operator can find the request. `retry_after` is in seconds, if the service sent it. `tries` counts the attempts.
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


class InvalidArgument(AssetError, ValueError):
    """An argument of the client or of a method is invalid. Raised before anything is sent."""


class UnexpectedResponse(AssetError):
    """The response is not from an Asset Upload API: `base_url` is another server's, or a proxy responded."""

    advice = "Check the service's URL."


class NotAuthenticated(AssetError):
    """401: the token is missing, invalid or expired."""

    advice = "Pass a valid token; yours may have expired."


class InvalidFile(AssetError):
    """The file cannot be uploaded. Base of the errors about its type, size and content."""


class InvalidFileType(InvalidFile):
    """400: an unsupported type, or content that does not match the name."""

    advice = "Convert the file, or rename it to match its content."


class FileTooLarge(InvalidFile):
    """400 or 413: the file exceeds the deployment's limit, 50 MB by default."""

    advice = "Make it smaller, or raise the deployment's MaxUploadBytes (docs/large-files.md)."


class EmptyFile(InvalidFile):
    """400: the file is empty."""

    advice = "Check that the program that wrote it has finished."


class FileNotReadable(InvalidFile):
    """The file does not exist, is a directory, or cannot be read."""

    advice = "Check the path and its permissions."


class FileNotWritable(AssetError):
    """A download cannot be written: the disk is full, or the folder is not writable."""

    advice = "Free some space, or choose another folder."


class FileExists(AssetError):
    """A download would replace an existing file."""

    advice = "Choose another name, or allow it to be replaced (`overwrite=True`, or `--force` on the command line)."


class ChecksumMismatch(AssetError):
    """The bytes received differ from those sent."""

    advice = "Transfer the file again, and do not change it meanwhile."


class InvalidRequest(AssetError):
    """400 or 422: a parameter is missing or invalid."""

    advice = "Correct it and try again."


class AssetNotFound(AssetError):
    """404: the token's owner has no such asset."""

    advice = "Check the id, and that the token is its owner's; the asset may have been deleted."


class JobNotFound(AssetError):
    """404: the token's owner has no such job."""

    advice = "Check the id, and that the token is its owner's."


class UploadNotFound(AssetError):
    """404: the upload in parts has expired, was aborted, or is another owner's."""

    advice = "Upload the file again."


class RenditionNotFound(AssetError):
    """404: the asset has no such rendition, for the reason in `detail`."""


class QuotaExceeded(AssetError):
    """403: the owner's assets would exceed the deployment's quota."""

    advice = "Delete assets that you no longer need, or ask the service's operator for a larger quota."


class NotAllowed(AssetError):
    """403: the deployment does not allow this, such as the model."""


class WebhookNotVerified(AssetError):
    """A webhook is forged, altered, too old, or signed with another secret. Respond with a 4xx and ignore it."""


class Conflict(AssetError):
    """409: an Idempotency-Key reused with another body, or an upload completed before its bytes arrived."""


class RateLimited(AssetError):
    """429: too many uploads or generations within a minute."""

    advice = "Try again in {retry_after}."


class ServiceUnavailable(AssetError):
    """500, 502, 503 or 504: the service or a dependency failed."""

    advice = "Try again in {retry_after}. If it persists, give the request id to the service's operator."


class ConnectionFailed(AssetError):
    """No response: the service was unreachable, or the connection broke, on every attempt."""

    advice = "Check the service's URL and the network, then try again."


class FormExpired(AssetError):
    """S3 considers even new upload forms expired."""

    advice = "Check this machine's clock and try again."


class JobNotCompleted(AssetError):
    """A job without a result. `job_id` is its id."""

    def __init__(self, detail: str, *, job_id: str) -> None:
        super().__init__(detail)
        self.job_id = job_id


class JobFailed(JobNotCompleted):
    """The job failed."""

    advice = "Change what you asked for and try again."


class JobCanceled(JobNotCompleted):
    """The job was canceled."""

    advice = "Start a new one if you still want its result."


class JobTimedOut(JobNotCompleted):
    """The job did not finish within the timeout. It is still running."""

    advice = "Wait for it again, or cancel it."
