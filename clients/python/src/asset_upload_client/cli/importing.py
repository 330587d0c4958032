"""`assets import`."""

from typing import Annotated, Any

import typer

from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.asset_options import ExpiresIn, Private, Tags, asset_options
from asset_upload_client.cli.context import Context, Json, error_fields, named, reported
from asset_upload_client.client import AssetClient
from asset_upload_client.errors import AssetError


def import_urls(
    context: typer.Context,
    urls: Annotated[
        list[str], typer.Argument(metavar="URLS...", help="Public http or https URLs of images and videos.")
    ],
    tags: Tags = None,
    expires_in: ExpiresIn = None,
    private: Private = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until they are imported.")] = True,
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait for each.")] = 900,
    json: Json = False,
) -> None:
    """Import files from public URLs and print their own URLs; with --no-wait, the ids of their jobs.

    Example: assets import https://example.com/photo.jpg --tag inspiration
    """
    cli: Context = context.obj
    options = asset_options(tags, expires_in, private=private)
    results: list[dict[str, Any]] = []
    failures: list[AssetError] = []
    with reported(), cli.client() as client:
        # All are started first, because the service downloads them at the same time.
        started: list[tuple[str, str | None]] = []
        for url in urls:
            try:
                started.append((url, client.import_url(url, **options)["job_id"]))
            except AssetError as error:
                started.append((url, None))
                _failed(url, error, results, failures)
        for url, job_id in started:
            if job_id:
                _finish(client, url, job_id, timeout if wait else None, results, failures, json=json)
    if json:
        output.print_json(results)
    raise typer.Exit(exit_codes.of_errors(failures))


def _finish(
    client: AssetClient,
    url: str,
    job_id: str,
    timeout: float | None,
    results: list[dict[str, Any]],
    failures: list[AssetError],
    *,
    json: bool,
) -> None:
    if timeout is None:
        results.append({"source_url": url, "job_id": job_id})
        if not json:
            output.print_line(job_id)
        return
    try:
        with output.waiting_progress(timeout) as progress:
            progress.add_task(f"Importing {output.visible(url)}", total=None)
            job = client.wait_for_job(job_id, timeout=timeout)
    except AssetError as error:
        _failed(url, error, results, failures)
    except KeyboardInterrupt:
        output.print_error(f"Interrupted: {url} is still being imported. Continue with `assets jobs wait {job_id}`.")
        raise typer.Exit(exit_codes.INTERRUPTED) from None
    else:
        results.append({"source_url": url, **job})
        if not json:
            output.print_line(str(job.get("asset_url")))


def _failed(url: str, error: AssetError, results: list[dict[str, Any]], failures: list[AssetError]) -> None:
    failures.append(error)
    results.append({"source_url": url, **error_fields(error)})
    output.print_error(named(url, error))


def register(app: typer.Typer) -> None:
    app.command("import")(import_urls)
