"""Errors: texts that clients compare are exactly those of the contract."""

import pytest

from asset_api.platform import errors
from asset_api.platform.errors import ApiError

SUPPORTED = ("jpg", "jpeg", "png", "gif", "webp", "mp4", "mov")
ERRORS = [
    errors.invalid_file_type("why", SUPPORTED),
    errors.file_too_large(52_428_800),
    errors.empty_file(),
    errors.checksum_mismatch(),
    errors.not_authenticated(),
    errors.invalid_token(),
    errors.not_found(),
    errors.asset_not_found(),
    errors.idempotency_key_reused(),
    errors.bytes_not_arrived(),
    errors.direct_upload_too_large(4_194_304, 52_428_800),
    errors.invalid_request("field", "why"),
    errors.too_many_requests({"Retry-After": "1"}),
    errors.internal_server_error(),
    errors.temporarily_unavailable("AWS"),
]


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (ERRORS[0], 400, "Invalid file type: why. Supported: jpg, jpeg, png, gif, webp, mp4, mov"),
        (ERRORS[1], 400, "File too large: at most 50 MB (52,428,800 bytes)"),
        (ERRORS[2], 400, "Empty file: it has no bytes"),
        (ERRORS[4], 401, "Not authenticated"),
        (ERRORS[5], 401, "Invalid or expired token"),
        (ERRORS[7], 404, "Asset not found"),
        (ERRORS[11], 422, "field: why"),
        (ERRORS[12], 429, "Too many requests"),
        (ERRORS[13], 500, "Internal server error"),
        (ERRORS[14], 503, "AWS is temporarily unavailable; try again"),
    ],
    ids=lambda each: each.slug if isinstance(each, ApiError) else "",
)
def test_details_are_those_of_the_contract(error: ApiError, status: int, detail: str) -> None:
    assert (error.status, error.detail) == (status, detail)


def test_each_error_has_a_unique_stable_code() -> None:
    slugs = [error.slug for error in ERRORS]
    assert len(set(slugs)) == len(slugs)
    assert all(slug == slug.lower() and " " not in slug for slug in slugs)


def test_unauthorized_responses_name_the_scheme() -> None:
    unauthorized = [error for error in ERRORS if error.status == 401]
    assert [error.headers for error in unauthorized] == [{"WWW-Authenticate": "Bearer"}] * 2
