"""The command-line application."""

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated

import typer

from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.assets import register as register_assets
from asset_upload_client.cli.changing import register as register_changing
from asset_upload_client.cli.context import Context
from asset_upload_client.cli.events import register as register_events
from asset_upload_client.cli.generating import jobs
from asset_upload_client.cli.generating import register as register_generating
from asset_upload_client.cli.importing import register as register_importing
from asset_upload_client.cli.logins import register as register_logins
from asset_upload_client.cli.owner import register as register_owner
from asset_upload_client.cli.renditions import register as register_renditions
from asset_upload_client.cli.tokens import token
from asset_upload_client.cli.uploading import upload

_HELP = """Upload, list, download and delete images and videos, and generate videos from images.

Settings: flags, then ASSETS_URL and ASSETS_TOKEN, then what `assets login` has stored.

\b
Exit codes:
  0    done
  1    refused or failed
  2    wrong command line or settings
  3    token missing, invalid or expired
  4    no such asset or job
  5    service unreachable, or failed
  6    too many requests
  7    job failed, was canceled, or did not end in time
  130  interrupted

Example: assets upload *.jpg && assets list --json
"""

# Without rich markup, whose panels waste half of 80 columns.
app = typer.Typer(help=_HELP, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
register_logins(app)
app.command("upload")(upload)
register_assets(app)
register_changing(app)
register_importing(app)
register_renditions(app)
register_generating(app)
register_owner(app)
register_events(app)
app.add_typer(jobs, name="jobs")
app.command("token")(token)


def _print_version(wanted: bool) -> None:
    if wanted:
        output.print_line(f"assets {version('asset-upload-client')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="The service's address.", metavar="URL")] = None,
    token: Annotated[
        str | None, typer.Option(help="The token. Other users of this machine can see it here: prefer ASSETS_TOKEN.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback prints
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    output.set_json(False)
    context.obj = Context(url, token)


def main() -> None:
    """Run the command. Commands that report their own interruption exit before they get here."""
    output.prepare_streams()
    try:
        try:
            with output.warnings_shown():
                app()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # `assets list | head`
        output.discard()
        sys.exit(exit_codes.FAILED)
    except OSError as error:
        output.discard()
        output.print_error(f"{error.filename or 'The output'} cannot be written: {error.strerror}")
        sys.exit(exit_codes.FAILED)
    except KeyboardInterrupt:
        output.print_error("Interrupted.")
        sys.exit(exit_codes.INTERRUPTED)
    except SystemExit as stopped:
        print_parser_error(stopped, sys.argv)
        raise


def print_parser_error(stopped: SystemExit, arguments: Sequence[str]) -> None:
    """With --json, print as JSON why the command line could not be parsed, or that it was not confirmed.

    The parser has printed its message for people, and its error is the context of the exit. It may have failed before
    it reached the option --json.
    """
    if "--json" not in arguments:
        return
    error = stopped.__context__
    if isinstance(error, typer.Abort):
        output.print_json({"success": False, "error": "Not confirmed", "type": "Aborted"})
    # Newer versions of Typer include their own Click, whose errors have no public class.
    elif message := getattr(error, "format_message", None):
        output.print_json({"success": False, "error": message(), "type": "UsageError"})
