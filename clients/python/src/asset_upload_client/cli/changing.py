"""`assets rename`, `tag`, `expire`, `visibility`."""

from typing import Annotated

import typer

from asset_upload_client.cli import durations, output
from asset_upload_client.cli.assets import AssetArgument
from asset_upload_client.cli.context import Context, Json, reported, usage_error
from asset_upload_client.response_types import Asset, Visibility


def rename(
    context: typer.Context,
    asset: AssetArgument,
    name: Annotated[str, typer.Argument(help="The new file name, which downloads get, too.")],
    json: Json = False,
) -> None:
    """Rename an asset.

    Example: assets rename 0199d1a0-… "Beach at dusk.jpg"
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        _print(client.update(asset, filename=name), json=json)


def tag(
    context: typer.Context,
    asset: AssetArgument,
    add: Annotated[list[str] | None, typer.Argument(metavar="[TAGS...]", help="Tags to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", "-r", metavar="TAG", help="A tag to remove.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all other tags.")] = False,
    json: Json = False,
) -> None:
    """Add tags to an asset, or remove some.

    Example: assets tag 0199d1a0-… beach "summer 2026" --remove draft
    """
    if not (add or remove or clear):
        usage_error("Name tags to add, or use --remove or --clear.")
    cli: Context = context.obj
    with reported(), cli.client() as client:
        before = [] if clear else client.get(asset).get("tags", [])
        kept = [each for each in before if each not in (remove or [])]
        _print(client.update(asset, tags=list(dict.fromkeys([*kept, *(add or [])]))), json=json)


def expire(
    context: typer.Context,
    asset: AssetArgument,
    after: Annotated[str, typer.Argument(metavar="DURATION", help="90s, 15m, 12h, 7d … from now, or `never`.")],
    json: Json = False,
) -> None:
    """Let an asset expire: it is then deleted permanently.

    Example: assets expire 0199d1a0-… 7d
    """
    cli: Context = context.obj
    seconds = durations.seconds_or_never(after)
    with reported(), cli.client() as client:
        _print(client.update(asset, expires_in=seconds), json=json)


def visibility(
    context: typer.Context,
    asset: AssetArgument,
    which: Annotated[Visibility, typer.Argument(help="Who can see it.")],
    json: Json = False,
) -> None:
    """Make an asset public or private.

    Example: assets visibility 0199d1a0-… private
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        _print(client.update(asset, visibility=which), json=json)


def _print(asset: Asset, *, json: bool) -> None:
    if json:
        output.print_json(asset)
    else:
        output.print_asset(asset)


def register(app: typer.Typer) -> None:
    app.command("rename")(rename)
    app.command("tag")(tag)
    app.command("expire")(expire)
    app.command("visibility")(visibility)
