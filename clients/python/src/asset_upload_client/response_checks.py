"""Checks of a response's JSON against its type: anything else came from another or a broken server."""

import sys
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from asset_upload_client.errors import UnexpectedResponse

if sys.version_info >= (3, 11):
    from typing import get_type_hints
else:
    from typing_extensions import get_type_hints

# No valid size or duration is larger.
_TOO_LARGE = 2**63


def check(document: Any, kind: Any) -> None:
    """Raise an `UnexpectedResponse` that names the first missing or ill-typed field. Unknown fields are left alone."""
    if field := _misfit(document, kind, "the response"):
        raise UnexpectedResponse(
            f"The server is not an Asset Upload API: {field} is missing or of another type than expected"
        )


def _misfit(value: Any, kind: Any, name: str) -> str | None:
    """Return the name of the first field that does not fit; None if all do."""
    if hasattr(kind, "__required_keys__"):
        return _misfit_of_object(value, kind, name)
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return None
    if origin is list:
        found = [_misfit(entry, arguments[0], name) for entry in value] if isinstance(value, list) else [name]
        return next(filter(None, found), None)
    if origin is dict:
        return None if isinstance(value, dict) else name
    if origin is Literal:
        # A later API may have more values.
        return _misfit(value, str, name)
    if arguments:
        return None if any(_misfit(value, each, name) is None for each in arguments) else name
    return None if _is_of(value, kind) else name


def _misfit_of_object(value: Any, kind: Any, name: str) -> str | None:
    if not isinstance(value, Mapping):
        return name
    for field, expected in get_type_hints(kind).items():
        if field in value:
            if misfit := _misfit(value[field], expected, f"`{field}`"):
                return misfit
        elif field in kind.__required_keys__:
            return f"`{field}`"
    return None


def _is_of(value: Any, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _TOO_LARGE
    if kind is str:
        # JSON can express lone surrogates, which neither URLs nor terminals accept.
        return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind)
