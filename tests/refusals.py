"""Calls whose refusal is the subject of a test."""

from collections.abc import Callable

from asset_api.platform.errors import ApiError


def refusal_of(call: Callable[[], object]) -> ApiError | None:
    """Return the refusal of a call, or None if it succeeds."""
    try:
        call()
    except ApiError as error:
        return error
    return None
