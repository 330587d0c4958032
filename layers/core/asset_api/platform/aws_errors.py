"""Error codes of AWS, named by meaning. The response to a HEAD request has no body, so S3's code is the status."""

from typing import Final

from botocore.exceptions import ClientError

NOT_FOUND: Final = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
INVALID_RANGE: Final = frozenset({"InvalidRange", "416"})
PRECONDITION_FAILED: Final = frozenset({"PreconditionFailed", "412"})
NO_UPLOAD: Final = frozenset({"NoSuchUpload", "404"})
PART_CHANGED: Final = frozenset({"InvalidPart"})
"""A part does not exist, or has another ETag than was given."""
WRITE_CONFLICT: Final = frozenset({"ConditionalRequestConflict", "409"})
"""Another write of the same key was in progress."""

TOO_MANY_INVALIDATIONS: Final = "TooManyInvalidationsInProgress"
"""CloudFront processes 15 paths with a wildcard at a time, and 3,000 without."""

CONDITION_FAILED: Final = "ConditionalCheckFailed"
"""Why DynamoDB canceled a transaction: an item's condition did not hold."""
CONTENDED: Final = frozenset({"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Why DynamoDB canceled a transaction that may succeed a moment later."""

TRANSACTION_CONFLICT: Final = "TransactionConflictException"
"""DynamoDB refused a single write, because a transaction held the item."""

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
    """Return the error's code; for HEAD requests, the status."""
    return error.response["Error"]["Code"]


def may_succeed_later(error: ClientError) -> bool:
    """Tell whether AWS failed or throttled. SQS puts a namespace before some codes: `KMS.ThrottlingException`."""
    failed_at_aws = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
    return failed_at_aws or code(error).rpartition(".")[2] in RETRYABLE
