"""`assets list`, `get`, `delete`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from asset_upload_client.answers import FileType
from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.context import Context, reported
from asset_upload_client.errors import AssetError

Json = Annotated[bool, typer.Option("--json", help="Print the response as JSON.")]
AssetId = Annotated[str, typer.Argument(metavar="ASSET_ID", help="The id of an asset, as `assets list` shows it.")]


def list_assets(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of assets.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="Number of assets to skip.")] = 0,
    everything: Annotated[bool, typer.Option("--all", help="List everything, ignoring --limit.")] = False,
    file_type: Annotated[FileType | None, typer.Option("--type", help="List only images or only videos.")] = None,
    json: Json = False,
) -> None:
    """List assets, newest first.

    Example: assets list --type image --limit 10
    """
    client_of: Context = context.obj
    with reported(), client_of.client() as client:
        if everything:
            found = list(client.assets(file_type=file_type))
            answer: Any = {"success": True, "assets": found}
        else:
            answer = client.list_assets(limit, offset, file_type=file_type)
            found = answer["assets"]
        if json:
            output.print_json(answer)
        else:
            output.print_assets(found)


def get(
    context: typer.Context,
    asset_id: Annotated[str, typer.Argument(metavar="ASSET", help="The id or the URL of an asset.")],
    target: Annotated[
        Path | None, typer.Option("--output", "-o", help="Download to this file or folder.", dir_okay=True)
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace files that exist.")] = False,
    json: Json = False,
) -> None:
    """Show an asset, or download it with --output.

    A download never replaces a file unless --force is given; into a folder it goes as photo (1).jpg instead.

    Example: assets get 0199d1a0-… -o photos/
    """
    client_of: Context = context.obj
    with reported(), client_of.client(needs_token=target is None) as client:
        if target is None:
            asset = client.get(asset_id.rstrip("/").rpartition("/")[2])
            if json:
                output.print_json(asset)
            else:
                output.print_asset(asset)
            return
        with output.bytes_progress() as progress:
            bar = progress.add_task(output.visible(asset_id), total=None)
            try:
                path = client.download(
                    asset_id,
                    target,
                    overwrite=force,
                    on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
                )
            except KeyboardInterrupt:
                output.complain("Interrupted: nothing was downloaded; the partial file was removed.")
                raise typer.Exit(exit_codes.INTERRUPTED) from None
        if json:
            output.print_json({"path": str(path), "size_bytes": path.stat().st_size})
        else:
            output.print_line(str(path))


def delete(
    context: typer.Context,
    asset_ids: Annotated[list[str], typer.Argument(metavar="ASSET_ID...", help="Ids of assets.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")] = False,
    json: Json = False,
) -> None:
    """Delete assets permanently.

    Example: assets delete --yes 0199d1a0-…
    """
    if not yes:
        typer.confirm(f"Permanently delete {len(asset_ids)} assets?", abort=True, err=True)
    client_of: Context = context.obj
    results: list[dict[str, Any]] = []
    failures: list[AssetError] = []
    with reported(), client_of.client() as client:
        for done, asset_id in enumerate(asset_ids):
            try:
                results.append({"asset_id": asset_id, **client.delete(asset_id)})
                output.say(f"{asset_id}: deleted")
            except AssetError as error:
                failures.append(error)
                results.append({"asset_id": asset_id, "success": False, "error": str(error)})
                output.complain(f"{asset_id}: {error}")
            except KeyboardInterrupt:
                output.complain(
                    f"Interrupted: {done} of {len(asset_ids)} deleted; {asset_id} may or may not be deleted, "
                    "the others are not."
                )
                raise typer.Exit(exit_codes.INTERRUPTED) from None
    if json:
        output.print_json(results)
    raise typer.Exit(exit_codes.of_errors(failures))


def register(app: typer.Typer) -> None:
    app.command("list")(list_assets)
    app.command("get")(get)
    app.command("delete")(delete)
