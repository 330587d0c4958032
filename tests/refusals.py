"""Calls that either succeed or are refused, where a test is about which."""

from collections.abc import Callable

from asset_api.platform.errors import ApiError


def refusal_of(call: Callable[[], object]) -> ApiError | None:
    """Return the refusal of a call, or None if it succeeds."""
    try:
        call()
    except ApiError as error:
        return error
    return None
