"""Options of every command that creates an asset."""

from typing import Annotated

import typer

from asset_upload_client.cli import durations
from asset_upload_client.options import AssetOptions

Tags = Annotated[list[str] | None, typer.Option("--tag", "-t", metavar="TAG", help="Tag it; up to ten times.")]
ExpiresIn = Annotated[
    str | None, typer.Option("--expires-in", metavar="DURATION", help="Delete it after 90s, 15m, 12h, 7d …")
]
Private = Annotated[bool, typer.Option("--private", help="Make it readable only by signed URLs: assets url.")]


def asset_options(tags: list[str] | None, expires_in: str | None, *, private: bool = False) -> AssetOptions:
    """Return the given options."""
    chosen = AssetOptions()
    if tags:
        chosen["tags"] = tags
    if expires_in is not None:
        chosen["expires_in"] = durations.seconds(expires_in)
    if private:
        chosen["visibility"] = "private"
    return chosen
