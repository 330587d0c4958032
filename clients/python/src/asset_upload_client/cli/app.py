"""The commands, put together."""

import sys
from typing import Annotated

import typer

from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.assets import register as register_assets
from asset_upload_client.cli.context import Context
from asset_upload_client.cli.generating import jobs
from asset_upload_client.cli.generating import register as register_generating
from asset_upload_client.cli.tokens import token
from asset_upload_client.cli.uploading import upload

_HELP = """Upload images and videos, list, download and delete them, and make videos of images.

Settings: flags, then ASSETS_URL and ASSETS_TOKEN, then ~/.config/assets/config.toml (url, token).

Exit codes: 0 done, 1 refused or failed, 2 wrong command line or settings, 3 token missing or invalid, 4 not found,
5 not reached or failing, 6 too many requests, 7 generation without a video, 130 interrupted.

Example: assets upload *.jpg && assets list --json
"""

app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False)
app.command("upload")(upload)
register_assets(app)
register_generating(app)
app.add_typer(jobs, name="jobs")
app.command("token")(token)


@app.callback()
def options(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="The service's address.", metavar="URL")] = None,
    token: Annotated[
        str | None, typer.Option(help="The token; others on this machine can see it here, so better by ASSETS_TOKEN.")
    ] = None,
) -> None:
    context.obj = Context(url, token)


def main() -> None:
    """Commands with something to say about being interrupted have said it, and exit by themselves."""
    try:
        app()
    except KeyboardInterrupt:
        output.complain("Interrupted.")
        sys.exit(exit_codes.INTERRUPTED)
