"""`assets list`, `get`, `delete`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.context import Context, Json, error_fields, named, reported, usage_error
from asset_upload_client.client import AssetClient
from asset_upload_client.errors import AssetError, AssetNotFound
from asset_upload_client.operations import DELETES_PER_REQUEST, Filters
from asset_upload_client.references import asset_id as id_of
from asset_upload_client.response_types import Asset, FileType

STANDARD_OUTPUT = "-"
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace files that exist.")]
AssetArgument = Annotated[str, typer.Argument(metavar="ASSET", help="The id or the URL of an asset.")]


def list_assets(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of assets.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Number of assets to skip.")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="List everything, ignoring --limit.")] = False,
    file_type: Annotated[FileType | None, typer.Option("--type", help="List only images or only videos.")] = None,
    tag: Annotated[str | None, typer.Option("--tag", "-t", help="List only assets with this tag.")] = None,
    search: Annotated[str | None, typer.Option("--search", "-s", help="List only names that contain this.")] = None,
    json: Json = False,
) -> None:
    """List assets, newest first.

    Example: assets list --type image --limit 10
    """
    cli: Context = context.obj
    filters = Filters(file_type=file_type, tag=tag, q=search)
    with reported(), cli.client() as client:
        if everything:
            found = list(client.assets(**filters))
            response: Any = {"success": True, "assets": found}
        else:
            response = client.list_assets(limit, offset, **filters).response
            found = response["assets"]
        if json:
            output.print_json(response)
        else:
            output.print_assets(found)


def get(
    context: typer.Context,
    assets: Annotated[list[str], typer.Argument(metavar="ASSETS...", help="Ids or URLs of assets.")],
    target: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="PATH", help="Download to this file or folder; `-` is standard output."),
    ] = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Show assets, or download them with --output.

    A download never replaces a file unless --force is given; in a folder it becomes photo (1).jpg instead.

    Example: assets get 0199d1a0-… -o photos/
    """
    cli: Context = context.obj
    if target is not None and len(assets) > 1 and not (target.endswith("/") or Path(target).is_dir()):
        usage_error(f"--output {target} is not a folder; to download several files, name one")
    results: list[Any] = []
    failures: list[AssetError] = []
    with reported(), cli.client(needs_token=target is None) as client:
        for asset in assets:
            try:
                results.append(
                    _show(client, asset, json=json)
                    if target is None
                    else _download(client, asset, target, force=force, json=json)
                )
            except AssetError as error:
                if len(assets) == 1:
                    raise
                failures.append(error)
                results.append({"asset_id": id_of(asset), **error_fields(error)})
                output.print_error(named(asset, error))
    if json and target != STANDARD_OUTPUT:
        output.print_json(results[0] if len(assets) == 1 else results)
    raise typer.Exit(exit_codes.of_errors(failures))


def _show(client: AssetClient, asset: str, *, json: bool) -> Asset:
    found = client.get(asset)
    if not json:
        output.print_asset(found)
    return found


def _download(client: AssetClient, asset: str, target: str, *, force: bool, json: bool) -> dict[str, Any]:
    if target == STANDARD_OUTPUT:
        return {"size_bytes": client.download(asset, sys.stdout.buffer)}
    with output.bytes_progress() as progress:
        bar = progress.add_task(output.visible(id_of(asset)), total=None)
        try:
            path = client.download(
                asset,
                target,
                overwrite=force,
                on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
            )
        except KeyboardInterrupt:
            output.print_error(f"Interrupted: {asset} was not downloaded; the partial file was removed.")
            raise typer.Exit(exit_codes.INTERRUPTED) from None
    if not json:
        output.print_line(str(path))
    return {"path": str(path), "size_bytes": path.stat().st_size}


def delete(
    context: typer.Context,
    assets: Annotated[list[str], typer.Argument(metavar="ASSETS...", help="Ids or URLs of assets.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")] = False,
    json: Json = False,
) -> None:
    """Delete assets permanently.

    Example: assets delete --yes 0199d1a0-…
    """
    if not yes:
        subject = assets[0] if len(assets) == 1 else f"{len(assets)} assets"
        typer.confirm(f"Permanently delete {subject}?", abort=True, err=True)
    cli: Context = context.obj
    results: list[dict[str, Any]] = []
    failures: list[AssetError] = []
    with reported(), cli.client() as client:
        for start in range(0, len(assets), DELETES_PER_REQUEST):
            batch = assets[start : start + DELETES_PER_REQUEST]
            try:
                found = _delete(client, batch)
            except KeyboardInterrupt:
                output.print_error(
                    f"Interrupted: {start} of {len(assets)} done; the next {len(batch)} may or may not be deleted."
                )
                raise typer.Exit(exit_codes.INTERRUPTED) from None
            for asset, error in found.items():
                results.append(_reported(asset, error))
                failures += [error] if error else []
    if json:
        output.print_json(results)
    raise typer.Exit(exit_codes.of_errors(failures))


def _delete(client: AssetClient, assets: Sequence[str]) -> dict[str, AssetError | None]:
    """Delete up to a hundred assets in one request; return the error of each that was not deleted."""
    try:
        if len(assets) == 1:
            client.delete(assets[0])
            return {assets[0]: None}
        missing = set(client.delete_many(assets)["not_found"])
    except AssetError as error:
        return dict.fromkeys(assets, error)
    return {
        asset: AssetNotFound("Asset not found", status=404) if id_of(asset) in missing else None for asset in assets
    }


def _reported(asset: str, error: AssetError | None) -> dict[str, Any]:
    if error:
        output.print_error(named(asset, error))
        return {"asset_id": id_of(asset), **error_fields(error)}
    output.say(f"{asset}: deleted")
    return {"asset_id": id_of(asset), "success": True}


def register(app: typer.Typer) -> None:
    app.command("list")(list_assets)
    app.command("get")(get)
    app.command("delete")(delete)
