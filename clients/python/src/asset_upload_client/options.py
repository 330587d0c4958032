"""Options of every request that creates an asset."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from asset_upload_client.response_types import Visibility


class AssetOptions(TypedDict, total=False):
    """Up to 10 `tags`, `expires_in` seconds (60 to 31,536,000) and `visibility`. The service sets the defaults."""

    tags: Sequence[str]
    expires_in: int
    visibility: Visibility


def to_json(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options, or changes, as fields of a JSON body."""
    return {name: list(value) if name == "tags" else value for name, value in options.items()}


def to_form(options: AssetOptions) -> Mapping[str, str | list[str]]:
    """Return the options as form fields; `tags` is repeated."""
    fields: dict[str, str | list[str]] = {}
    if "tags" in options:
        fields["tags"] = list(options["tags"])
    if "expires_in" in options:
        fields["expires_in"] = str(options["expires_in"])
    if "visibility" in options:
        fields["visibility"] = options["visibility"]
    return fields
