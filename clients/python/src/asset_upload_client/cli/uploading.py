"""`assets upload`. The client resumes interrupted uploads: `parts`, `upload_states`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from asset_upload_client import local_files
from asset_upload_client.async_client import AsyncAssetClient
from asset_upload_client.cli import exit_codes, files, output
from asset_upload_client.cli.amounts import counted, size
from asset_upload_client.cli.asset_options import ExpiresIn, Private, Tags, asset_options
from asset_upload_client.cli.context import Context, Json, error_fields, named, reported, usage_error
from asset_upload_client.cli.progress import FilesBar
from asset_upload_client.errors import AssetError
from asset_upload_client.options import AssetOptions
from asset_upload_client.uploads import UploadOutcome


def upload(
    context: typer.Context,
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="FILES...", help="jpg, jpeg, png, gif, webp, mp4 or mov; folders; patterns; `-` for standard input."
        ),
    ],
    recursive: Annotated[bool, typer.Option("--recursive", "-r", help="Include subfolders.")] = False,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="The published name: for one file or standard input.")
    ] = None,
    tags: Tags = None,
    expires_in: ExpiresIn = None,
    private: Private = False,
    concurrency: Annotated[int, typer.Option(min=1, max=10, help="Parallel uploads.")] = 4,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the URLs.")] = False,
    json: Json = False,
) -> None:
    """Upload files and print their URLs. Uploads beyond the rate limit wait for their turn.

    Example: assets upload *.jpg
    """
    cli: Context = context.obj
    options = asset_options(tags, expires_in, private=private)
    if files.STANDARD_INPUT in arguments:
        _upload_standard_input(cli, arguments, name, options, quiet=quiet, json=json)
        return
    expansion = files.expand(arguments, recursive=recursive)
    if name and len(expansion.paths) != 1:
        usage_error("--name is for one file")
    if expansion.skipped:
        output.say(f"Skipped: {counted(expansion.skipped, 'file')} of other types")
    batch = Batch(expansion.paths, options, name)
    is_complete = batch.run(cli, concurrency)
    outcomes = [*batch.outcomes, *expansion.failures]
    if json:
        output.print_json([_described(outcome) for outcome in outcomes])
    if not is_complete:
        batch.say_what_is_left()
        raise typer.Exit(exit_codes.INTERRUPTED)
    raise typer.Exit(_report(outcomes, quiet=quiet, json=json))


def _report(outcomes: Sequence[UploadOutcome], *, quiet: bool, json: bool) -> int:
    """Print URLs, unless `json` was printed, and errors. Returns the exit code."""
    for outcome in outcomes:
        if outcome.answer and not json:
            output.print_line(outcome.answer["url"] if quiet else f"{outcome.path}\t{outcome.answer['url']}")
        if outcome.error:
            output.print_error(named(str(outcome.path), outcome.error))
    return exit_codes.of_errors(outcome.error for outcome in outcomes if outcome.error)


def _upload_standard_input(
    cli: Context, arguments: Sequence[str], name: str | None, options: AssetOptions, *, quiet: bool, json: bool
) -> None:
    if len(arguments) > 1:
        usage_error("Standard input (`-`) must be uploaded on its own")
    if not name:
        usage_error("Standard input has no name: add one, such as --name photo.jpg; its extension gives the type")
    with reported(), cli.client() as client:
        response = client.upload(sys.stdin.buffer, filename=name, **options)
    if json:
        output.print_json([{"path": files.STANDARD_INPUT, **response}])
    else:
        output.print_line(response["url"] if quiet else f"{name}\t{response['url']}")


class Batch:
    """A batch of uploads and the state of each, so that an interruption can report it."""

    def __init__(self, paths: Sequence[Path], options: AssetOptions, name: str | None = None) -> None:
        self._paths = paths
        self._options = options
        self._name = name
        self._sent: dict[Path, tuple[int, int]] = {}
        self._outcomes: dict[Path, UploadOutcome] = {}
        self.bar = FilesBar(paths)

    @property
    def outcomes(self) -> list[UploadOutcome]:
        """Outcomes of the finished files, in the order given."""
        return [self._outcomes[path] for path in self._paths if path in self._outcomes]

    def run(self, cli: Context, concurrency: int) -> bool:
        """Upload the files. Returns False if interrupted."""
        try:
            with reported(), self.bar:
                anyio.run(self._upload, cli, concurrency)
        except KeyboardInterrupt:
            return False
        return True

    async def _upload(self, cli: Context, concurrency: int) -> None:
        async with cli.async_client(self.bar.waiting) as client:
            if self._name:
                await self._upload_as(client, self._name)
                return
            await client.upload_many(
                self._paths,
                concurrency=concurrency,
                on_progress=self._advanced,
                on_outcome=self._ended,
                **self._options,
            )

    async def _upload_as(self, client: AsyncAssetClient, name: str) -> None:
        (path,) = self._paths
        try:
            response = await client.upload(
                path,
                filename=name,
                on_progress=lambda sent, total: self._advanced(path, sent, total),
                **self._options,
            )
        except AssetError as error:
            self._ended(UploadOutcome(path, error=error))
        else:
            self._ended(UploadOutcome(path, response))

    def say_what_is_left(self) -> None:
        output.print_error("Interrupted.")
        for path in self._paths:
            output.say(f"{path}: {self._state(path)}")

    def _state(self, path: Path) -> str:
        outcome = self._outcomes.get(path)
        if outcome:
            return f"uploaded, {outcome.answer['url']}" if outcome.answer else f"failed: {outcome.error}"
        sent, total = self._sent.get(path, (0, 1))
        if sent and total > local_files.FORM_MAX_BYTES:
            done = f"{size(sent)} of {size(total)} sent"
            return f"{done}; run the same command again to resume"
        if sent == total:
            return "sent but not confirmed; it may still have been published: check `assets list`"
        return "not uploaded"

    def _advanced(self, path: Path, sent: int, total: int) -> None:
        self._sent[path] = sent, total
        self.bar.advanced(path, sent, total)

    def _ended(self, outcome: UploadOutcome) -> None:
        self._outcomes[outcome.path] = outcome
        self.bar.ended(outcome.path)


def _described(outcome: UploadOutcome) -> dict[str, Any]:
    if outcome.answer:
        return {"path": str(outcome.path), **outcome.answer}
    assert outcome.error  # noqa: S101 - an outcome has one of the two
    return {"path": str(outcome.path), **error_fields(outcome.error)}
