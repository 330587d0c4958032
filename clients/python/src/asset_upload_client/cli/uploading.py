"""`assets upload`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer
from rich.progress import Progress

from asset_upload_client.async_client import AsyncAssetClient
from asset_upload_client.cli import exit_codes, output
from asset_upload_client.cli.asset_options import ExpiresIn, Tags, asset_options
from asset_upload_client.cli.assets import Json
from asset_upload_client.cli.context import Context, reported
from asset_upload_client.options import AssetOptions
from asset_upload_client.uploads import UploadOutcome


def upload(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="jpg, jpeg, png, gif, webp, mp4 or mov, up to 50 MB each.")
    ],
    tags: Tags = None,
    expires_in: ExpiresIn = None,
    concurrency: Annotated[int, typer.Option(min=1, max=10, help="Parallel uploads.")] = 4,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the URLs.")] = False,
    json: Json = False,
) -> None:
    """Upload files and print their public URLs. Batches of more than ten are paced to stay within the rate limit.

    Example: assets upload *.jpg
    """
    client_of: Context = context.obj
    client = client_of.async_client()
    with output.bytes_progress() as progress:
        batch = Batch(files, progress, asset_options(tags, expires_in))
        interrupted = False
        try:
            with reported():
                anyio.run(batch.run, client, concurrency)
        except KeyboardInterrupt:
            interrupted = True
    outcomes = batch.outcomes
    if json:
        output.print_json([_described(outcome) for outcome in outcomes])
    if interrupted:
        batch.say_what_is_left()
        raise typer.Exit(exit_codes.INTERRUPTED)
    for outcome in outcomes:
        if outcome.answer and not json:
            output.print_line(outcome.answer["url"] if quiet else f"{outcome.path}\t{outcome.answer['url']}")
        if outcome.error:
            output.complain(f"{outcome.path}: {outcome.error}")
    raise typer.Exit(exit_codes.of_errors(outcome.error for outcome in outcomes if outcome.error))


class Batch:
    """A batch of uploads and the state of each, so that an interruption can report it."""

    def __init__(self, paths: Sequence[Path], progress: Progress, options: AssetOptions) -> None:
        self._paths = paths
        self._options = options
        self._progress = progress
        self._bars = {path: progress.add_task(output.visible(path.name), total=None) for path in paths}
        self._sent: dict[Path, tuple[int, int]] = {}
        self._outcomes: dict[Path, UploadOutcome] = {}

    @property
    def outcomes(self) -> list[UploadOutcome]:
        """Outcomes of the finished files, in the order given."""
        return [self._outcomes[path] for path in self._paths if path in self._outcomes]

    async def run(self, client: AsyncAssetClient, concurrency: int) -> None:
        async with client:
            await client.upload_many(
                self._paths,
                concurrency=concurrency,
                on_progress=self._advanced,
                on_outcome=self._ended,
                **self._options,
            )

    def say_what_is_left(self) -> None:
        output.complain("Interrupted.")
        for path in self._paths:
            output.say(f"{path}: {self._state(path)}")

    def _state(self, path: Path) -> str:
        outcome = self._outcomes.get(path)
        if outcome:
            return f"uploaded, {outcome.answer['url']}" if outcome.answer else f"failed: {outcome.error}"
        sent, total = self._sent.get(path, (0, 1))
        if sent == total:
            return "sent but not confirmed; it may still have been published: check `assets list`"
        return "not uploaded"

    def _advanced(self, path: Path, sent: int, total: int) -> None:
        self._sent[path] = sent, total
        self._progress.update(self._bars[path], completed=sent, total=total)

    def _ended(self, outcome: UploadOutcome) -> None:
        self._outcomes[outcome.path] = outcome


def _described(outcome: UploadOutcome) -> dict[str, Any]:
    if outcome.answer:
        return {"path": str(outcome.path), **outcome.answer}
    return {"path": str(outcome.path), "success": False, "error": str(outcome.error)}
