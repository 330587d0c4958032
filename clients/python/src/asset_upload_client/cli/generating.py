"""`assets generate` and `assets jobs`."""

import json as json_format
from typing import Annotated, Any

import typer

from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.amounts import counted
from asset_upload_client.cli.asset_options import ExpiresIn, Private, Tags, asset_options
from asset_upload_client.cli.context import Context, Json, reported, usage_error
from asset_upload_client.client import AssetClient
from asset_upload_client.errors import JobNotCompleted
from asset_upload_client.response_types import Job

JobId = Annotated[str, typer.Argument(metavar="JOB_ID", help="The id of a job, as `assets jobs list` shows it.")]
Timeout = Annotated[float, typer.Option(min=0, help="Seconds to wait.")]

jobs = typer.Typer(
    help="Show, await and cancel jobs: generations, imports and erasures.", no_args_is_help=True, rich_markup_mode=None
)


def generate(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(help="Prompt for the video.")],
    model: Annotated[str, typer.Option("--model", "-m", help="Model, as owner/name.")],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="NAME=VALUE", help="Model input: JSON, or text if it is not valid JSON."),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the video.")] = True,
    tags: Tags = None,
    expires_in: ExpiresIn = None,
    private: Private = False,
    timeout: Timeout = 900,
    json: Json = False,
) -> None:
    """Generate a video and print its URL.

    Example: assets generate "They wave hello" -m minimax/video-01 -i first_frame_image=asset:0199d1a0-…
    """
    cli: Context = context.obj
    model_input = dict(_input(given) for given in inputs or [])
    with reported(), cli.client() as client:
        started = client.generate(prompt, model, model_input, **asset_options(tags, expires_in, private=private))
        if wait:
            _finish(client, started["job_id"], timeout, json=json)
        elif json:
            output.print_json(started)
        else:
            output.print_line(started["job_id"])


@jobs.command("list")
def list_jobs(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of jobs.")] = 50,
    json: Json = False,
) -> None:
    """List jobs, newest first.

    Example: assets jobs list --limit 5
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        response = client.list_jobs(limit).response
    if json:
        output.print_json(response)
    else:
        output.print_jobs(response["jobs"])


@jobs.command("show")
def show(context: typer.Context, job_id: JobId, json: Json = False) -> None:
    """Show a job.

    Example: assets jobs show 0199d1a1-…
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        _print(client.get_job(job_id), json=json)


@jobs.command("wait")
def wait(context: typer.Context, job_id: JobId, timeout: Timeout = 900, json: Json = False) -> None:
    """Wait for a job and print the URL of its asset.

    Example: assets jobs wait 0199d1a1-… --timeout 60
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        _finish(client, job_id, timeout, json=json)


@jobs.command("cancel")
def cancel(context: typer.Context, job_id: JobId, json: Json = False) -> None:
    """Cancel a job. One that has ended is not changed.

    Example: assets jobs cancel 0199d1a1-…
    """
    cli: Context = context.obj
    with reported(), cli.client() as client:
        _print(client.cancel_job(job_id), json=json)


def _finish(client: AssetClient, job_id: str, timeout: float, *, json: bool) -> None:
    with output.waiting_progress(timeout) as progress:
        line = progress.add_task("Waiting for the job", total=None)

        def show_status(job: Job) -> None:
            progress.update(line, description=f"The job is {job['status']}")

        try:
            job = client.wait_for_job(job_id, timeout=timeout, on_change=show_status)
        except JobNotCompleted:
            if json:
                output.print_json(client.get_job(job_id))
            raise
        except KeyboardInterrupt:
            output.print_error(
                f"Interrupted: job {job_id} is still running. "
                f"Continue with `assets jobs wait {job_id}`, or stop it with `assets jobs cancel {job_id}`."
            )
            raise typer.Exit(exit_codes.INTERRUPTED) from None
    if json:
        output.print_json(job)
    else:
        output.print_line(_result(job))


def _result(job: Job) -> str:
    if (deleted := job.get("deleted_assets")) is not None:
        return f"Erased {counted(deleted, 'asset')}"
    return str(job.get("asset_url") or job["video_url"])


def _print(job: Job, *, json: bool) -> None:
    if json:
        output.print_json(job)
    else:
        output.print_job(job)


def _input(given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        usage_error(f"--input {given}: must be NAME=VALUE")
    try:
        return name, json_format.loads(value)
    except ValueError:
        return name, value


def register(app: typer.Typer) -> None:
    app.command("generate")(generate)
