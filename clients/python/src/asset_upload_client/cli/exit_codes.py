"""Exit codes, as listed in docs/guides/command-line.md and in `assets --help`."""

from collections.abc import Iterable

from asset_upload_client import errors

FAILED = 1
USAGE = 2
INTERRUPTED = 130

_BY_ERROR: tuple[tuple[type[errors.AssetError], int], ...] = (
    (errors.NotAuthenticated, 3),
    (errors.AssetNotFound, 4),
    (errors.JobNotFound, 4),
    (errors.ConnectionFailed, 5),
    (errors.ServiceUnavailable, 5),
    (errors.RateLimited, 6),
    (errors.JobNotCompleted, 7),
)


def of_error(error: errors.AssetError) -> int:
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), FAILED)


def of_errors(found: Iterable[errors.AssetError]) -> int:
    """Return the code that all errors share, FAILED if they differ, or 0 for none."""
    codes = {of_error(error) for error in found}
    return FAILED if len(codes) > 1 else next(iter(codes), 0)
