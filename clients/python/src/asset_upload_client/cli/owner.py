"""`assets usage` and `assets erase`."""

from typing import Annotated

import typer

from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.amounts import counted, size
from asset_upload_client.cli.context import Context, Json, reported
from asset_upload_client.response_types import Usage


def usage(context: typer.Context, json: Json = False) -> None:
    """Show how many assets you have, how large they are, and your limits.

    Example: assets usage --json
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        response = client.usage()
    if json:
        output.print_json(response)
    else:
        output.print_fields(_described(response))


def erase(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Skip the confirmation.")] = False,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait.")] = 3600,
    json: Json = False,
) -> None:
    """Erase everything that you have: assets, jobs and all other data. Nothing can be restored.

    Example: assets erase --yes
    """
    if not yes:
        typer.confirm("Permanently erase everything that you have?", abort=True, err=True)
    cli: Context = context.obj
    with reported(), cli.client() as client:
        job_id = client.erase_owner()["job_id"]
        try:
            with output.waiting_progress(timeout) as progress:
                progress.add_task("Erasing", total=None)
                job = client.wait_for_job(job_id, timeout=timeout)
        except KeyboardInterrupt:
            output.print_error(f"Interrupted: the erasure continues. Follow it with `assets jobs wait {job_id}`.")
            raise typer.Exit(exit_codes.INTERRUPTED) from None
    if json:
        output.print_json(job)
    else:
        output.print_line(f"Erased {counted(job.get('deleted_assets') or 0, 'asset')}")


def _described(response: Usage) -> dict[str, str]:
    limits = response["limits"]
    most_bytes, most_assets = limits["max_bytes"], limits["max_assets"]
    return {
        "assets": _of(str(response["assets"]), None if most_assets is None else str(most_assets)),
        "size": _of(size(response["bytes"]), None if most_bytes is None else size(most_bytes)),
        "largest upload": size(limits["max_upload_bytes"]),
        "uploads a minute": str(limits["uploads_per_minute"]),
        "generations a minute": str(limits["generations_per_minute"]),
    }


def _of(used: str, most: str | None) -> str:
    return used if most is None else f"{used} of {most}"


def register(app: typer.Typer) -> None:
    app.command("usage")(usage)
    app.command("erase")(erase)
