"""Calls that either succeed or are refused, where a test is about which."""

from collections.abc import Callable

from asset_api.platform.errors import ApiError


def refusal_of(call: Callable[[], object]) -> ApiError | None:
    """What the call is refused with; None where it is not."""
    try:
        call()
    except ApiError as error:
        return error
    return None
