"""Printing: results on standard output, everything else on standard error.

Texts come from the service, from models and from strangers' file names, and a terminal obeys escape sequences in
them: control characters are shown as escapes instead.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from asset_upload_client.answers import Asset, Job
from asset_upload_client.safe_names import is_visible

people = Console(highlight=False, soft_wrap=True)
# Whatever reads what is no terminal gets all of every cell.
_NOT_A_TERMINAL_WIDTH = 1000
messages = Console(stderr=True, highlight=False, soft_wrap=True)


def visible(text: str) -> str:
    """Return `text` with control and invisible formatting characters as escapes (`\\u001b`).

    Tabs and line feeds stay: they only separate.
    """
    return "".join(c if c in "\t\n" or is_visible(c) else _escape(c) for c in text)


def print_json(value: Any) -> None:
    """Print JSON that any parser reads back unchanged, and that no terminal obeys."""
    sys.stdout.write(visible(json.dumps(value, ensure_ascii=False, indent=2)) + "\n")


def print_line(text: str) -> None:
    """Print a result for people and scripts alike, whatever the terminal's width."""
    sys.stdout.write(f"{visible(text)}\n")


def complain(words: str) -> None:
    messages.print(Text(visible(words), style="red"))


def say(words: str) -> None:
    messages.print(Text(visible(words)))


def bytes_progress() -> Progress:
    """Progress bars for bytes; silent where standard error is not a terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, console=messages, disable=not messages.is_terminal)


def waiting_progress() -> Progress:
    """A spinner beside a description; silent where standard error is not a terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
    return Progress(*columns, console=messages, disable=not messages.is_terminal, transient=True)


def print_assets(assets: Sequence[Asset]) -> None:
    rows = [
        (asset["asset_id"], asset["filename"], asset["file_type"], decimal(asset["size_bytes"]), asset["uploaded_at"])
        for asset in assets
    ]
    _print_table(("id", "name", "type", "size", "uploaded"), rows)


def print_asset(asset: Asset) -> None:
    print_fields({name: value for name, value in asset.items() if name != "success"})


def print_jobs(jobs: Sequence[Job]) -> None:
    rows = [
        (
            job["job_id"],
            job.get("kind", "generation"),
            job["status"],
            job["created_at"],
            job.get("model_id") or "",
            job.get("prompt") or "",
        )
        for job in jobs
    ]
    _print_table(("id", "kind", "status", "created", "model", "prompt"), rows)


def print_job(job: Job) -> None:
    print_fields({name: value for name, value in job.items() if name != "success" and value is not None})


def print_fields(fields: dict[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in fields.items():
        table.add_row(Text(visible(name), style="bold"), Text(visible(str(value))))
    _print(table)


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        # Cells that are to be copied stay in one piece.
        table.add_column(heading, no_wrap=heading == "id", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))  # as text: a file name may look like markup
    _print(table)


def _print(table: Table) -> None:
    people.print(table, width=None if people.is_terminal else _NOT_A_TERMINAL_WIDTH)


def _escape(character: str) -> str:
    """Return the JSON escape of a character (RFC 8259, section 7): a surrogate pair beyond the basic plane."""
    return json.dumps(character)[1:-1] if ord(character) > 0x7E else f"\\u{ord(character):04x}"
