"""Error codes of AWS, named by meaning. The answer to a HEAD request has no body: S3's code is then the status."""

from typing import Final

from botocore.exceptions import ClientError

NOT_FOUND: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
INVALID_RANGE: Final = frozenset({"InvalidRange", "416"})
PRECONDITION_FAILED: Final = frozenset({"PreconditionFailed", "412"})
NO_UPLOAD: Final = frozenset({"NoSuchUpload", "404"})
PART_CHANGED: Final = frozenset({"InvalidPart"})
"""A part is not there, or is not the one whose ETag was named."""
WRITE_CONFLICT: Final = frozenset({"ConditionalRequestConflict", "409"})
"""Another write of the same key was in progress."""

TOO_MANY_INVALIDATIONS: Final = "TooManyInvalidationsInProgress"
"""CloudFront works on 15 paths with a wildcard at a time, and on 3,000 without."""

CONDITION_FAILED: Final = "ConditionalCheckFailed"
"""Why DynamoDB canceled a transaction: an item's condition did not hold."""
CONTENDED: Final = frozenset({"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Why DynamoDB canceled a transaction that may succeed a moment later."""

TRANSACTION_CONFLICT: Final = "TransactionConflictException"
"""DynamoDB refused a single write, as a transaction held the item."""

RETRYABLE: Final = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottlingException",
        TRANSACTION_CONFLICT,
        "TransactionInProgressException",
    }
)
"""The caller may send the same request again later."""


def code(error: ClientError) -> str:
    """The error's code, a status for HEAD requests."""
    return error.response["Error"]["Code"]


def may_succeed_later(error: ClientError) -> bool:
    """Tell whether AWS failed or throttled. SQS puts a namespace before some codes: `KMS.ThrottlingException`."""
    failed_at_aws = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
    return failed_at_aws or code(error).rpartition(".")[2] in RETRYABLE
