"""`assets login` and `assets logout`."""

import os
from typing import Annotated

import typer

from asset_upload_client.addresses import api_root
from asset_upload_client.cli import output, settings
from asset_upload_client.cli.context import Context, Json, reported, requiring_settings, usage_error
from asset_upload_client.errors import InvalidArgument


def login(
    context: typer.Context,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="The service's address.")] = None,
    token: Annotated[
        str | None,
        typer.Option("--token", help="The token; `-` reads standard input, which other users cannot see."),
    ] = None,
    json: Json = False,
) -> None:
    """Check an address and a token, and store them for later commands. Asks for whatever is missing.

    Example: assets login --url https://assets.example.com
    """
    cli: Context = context.obj
    with requiring_settings():
        kept = settings.kept()
    default = cli.url or os.environ.get(settings.URL_VARIABLE) or kept.get("url")
    url = url or cli.url or typer.prompt("Address of the service", default=default, err=True)
    if token == "-":  # noqa: S105 - the usual name of standard input
        token = typer.get_text_stream("stdin").readline()
    token = (token or cli.token or typer.prompt("Token", hide_input=True, err=True)).strip()
    try:
        address = api_root(url).removesuffix("/api/v2")
    except InvalidArgument as error:
        usage_error(str(error))
    with reported(), Context(address, token).client() as client:
        client.list_assets(1)
    with requiring_settings():
        path = settings.keep({"url": address, "token": token})
    for name, value in ((settings.URL_VARIABLE, address), (settings.TOKEN_VARIABLE, token)):
        if os.environ.get(name) not in (None, "", value):
            output.say(f"{name} is set to something else and takes precedence: unset it to use what was just stored.")
    if json:
        output.print_json({"success": True, "url": address, "path": str(path)})
    else:
        output.say(f"The token is valid at {address}.\nStored in {path}")


def logout(json: Json = False) -> None:
    """Forget the stored token. The address stays.

    Example: assets logout
    """
    with requiring_settings():
        kept = settings.kept()
        had = kept.pop("token", None) is not None
        path = settings.keep(kept) if had else settings.config_path()
    if os.environ.get(settings.TOKEN_VARIABLE):
        output.say(f"{settings.TOKEN_VARIABLE} is still set in this terminal: unset it, too.")
    if json:
        output.print_json({"success": True, "removed": had, "path": str(path)})
    else:
        output.say(f"Removed the token from {path}" if had else f"{path} has no token")


def register(app: typer.Typer) -> None:
    app.command("login")(login)
    app.command("logout")(logout)
