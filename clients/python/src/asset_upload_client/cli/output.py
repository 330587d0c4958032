"""Printing: results on standard output, everything else on standard error.

Texts come from the service, from models and from strangers' file names. Terminals would interpret escape sequences in
them, so control characters are shown as escapes.
"""

import contextlib
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from asset_upload_client.cli.amounts import size
from asset_upload_client.exchanges import IS_RETRY
from asset_upload_client.response_types import Asset, Job
from asset_upload_client.safe_names import is_visible
from asset_upload_client.steps import Wait

people = Console(highlight=False, soft_wrap=True)
# Without a terminal, cells are not truncated.
_NOT_A_TERMINAL_WIDTH = 1000
messages = Console(stderr=True, highlight=False)
_FREE_TEXT = ("name", "model", "prompt", "tags")
# The terminal width at which tables show all columns.
_WIDE = 120
_SHORTEST_SHOWN_SECONDS = 2.0


_settings = {"json": False}


def set_json(value: bool) -> bool:
    """Remember whether the command prints JSON, so that errors are printed as JSON too."""
    _settings["json"] = value
    return value


def as_json() -> bool:
    return _settings["json"]


def visible(text: str) -> str:
    """Return `text` with control and invisible formatting characters as escapes (`\\u001b`).

    Tabs and line feeds are kept.
    """
    return "".join(c if c in "\t\n" or is_visible(c) else _escape(c) for c in text)


def prepare_streams() -> None:
    """Make standard output and error take any text, in any locale, even if they are closed."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the process ends
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard() -> None:
    """Discard what is still buffered for standard output, where it cannot be written any more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(value: Any) -> None:
    """Print JSON without characters that could control a terminal, and in ASCII if the locale lacks some of them."""
    text = visible(json.dumps(value, ensure_ascii=False, indent=2))
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    sys.stdout.write(text + "\n")


def print_line(text: str) -> None:
    """Print a result for people and scripts alike, whatever the terminal's width."""
    sys.stdout.write(f"{visible(text)}\n")


def print_error(message: str) -> None:
    _print_message(Text(visible(message), style="red"))


def say(message: str) -> None:
    _print_message(Text(visible(message)))


class _WarningHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if not hasattr(record, IS_RETRY):
            say(record.getMessage())


@contextlib.contextmanager
def warnings_shown() -> Iterator[None]:
    """Print the client's warnings, above a progress bar if there is one, but not each retry: the pauses are shown."""
    log, handler = logging.getLogger("asset_upload_client"), _WarningHandler(logging.WARNING)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def say_wait(wait: Wait) -> None:
    """Print a pause that people would notice."""
    if wait.seconds >= _SHORTEST_SHOWN_SECONDS:
        say(f"Waiting {wait.seconds:.0f} s {wait.reason}")


def _print_message(message: Text) -> None:
    # Lines are wrapped only on a terminal, because scripts search them.
    messages.print(message, soft_wrap=not messages.is_terminal)


class _Transferred(ProgressColumn):
    """Bytes done, of all where their number is known, and the speed."""

    def render(self, task: Task) -> Text:
        total = "" if task.total is None else f" of {size(task.total)}"
        speed = f", {size(task.speed)}/s" if task.speed else ""
        return Text(f"{size(task.completed)}{total}{speed}", no_wrap=True)


def bytes_progress() -> Progress:
    """Progress bars for bytes; silent where standard error is not a terminal."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=10),
        _Transferred(),
    )
    return Progress(*columns, console=messages, disable=not messages.is_terminal)


def waiting_progress(timeout: float) -> Progress:
    """A spinner beside a description and the time, up to `timeout` seconds; silent without a terminal."""
    until = f"of at most {timeout:,.0f} s"
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        TextColumn(until, markup=False),
    )
    return Progress(*columns, console=messages, disable=not messages.is_terminal, transient=True)


def print_assets(assets: Sequence[Asset]) -> None:
    columns: dict[str, Callable[[Asset], str]] = {
        "id": lambda asset: asset["asset_id"],
        "name": lambda asset: asset["filename"],
        "type": lambda asset: asset["file_type"],
        "size": lambda asset: size(asset["size_bytes"]),
        "uploaded": lambda asset: asset["uploaded_at"],
        "visibility": lambda asset: asset.get("visibility", "public"),
        "tags": lambda asset: ", ".join(asset.get("tags", [])),
    }
    if _is_narrow():
        # Name, size and time fill 80 columns beside the id; `assets get` shows the rest.
        del columns["visibility"], columns["tags"]
        # The name's extension shows the type, and seconds are not needed.
        del columns["type"]
        columns["uploaded"] = lambda asset: _to_the_minute(asset["uploaded_at"])
    _print_table(columns, assets)


def print_asset(asset: Asset) -> None:
    print_fields({name: value for name, value in asset.items() if name != "success"})


def print_jobs(jobs: Sequence[Job]) -> None:
    columns: dict[str, Callable[[Job], str]] = {
        "id": lambda job: job["job_id"],
        "kind": lambda job: job.get("kind", "generation"),
        "status": lambda job: job["status"],
        "created": lambda job: job["created_at"],
        "model": lambda job: job.get("model_id") or "",
        "prompt": lambda job: job.get("prompt") or "",
    }
    if _is_narrow():
        del columns["kind"], columns["model"]
        columns["created"] = lambda job: _to_the_minute(job["created_at"])
    _print_table(columns, jobs)


def print_job(job: Job) -> None:
    print_fields({name: value for name, value in job.items() if name != "success" and value is not None})


def print_fields(fields: dict[str, Any]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in fields.items():
        table.add_row(Text(visible(name), style="bold"), Text(visible(str(value))))
    _print(table)


def _print_table(columns: Mapping[str, Callable[[Any], str]], rows: Sequence[Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in columns:
        # Free text is truncated at the terminal's width; everything else is not.
        table.add_column(heading, no_wrap=heading not in _FREE_TEXT)
    for row in rows:
        # As Text, because a file name may look like markup.
        cells = (cell(row) for cell in columns.values())
        table.add_row(*(Text(visible(cell), no_wrap=True, overflow="ellipsis") for cell in cells))
    _print(table)


def _is_narrow() -> bool:
    return people.is_terminal and people.width < _WIDE


def _to_the_minute(time: str) -> str:
    return time[:16].replace("T", " ")


def _print(table: Table) -> None:
    console = people if people.is_terminal else Console(width=_NOT_A_TERMINAL_WIDTH, highlight=False)
    console.print(table)


def _escape(character: str) -> str:
    """Return the JSON escape of a character (RFC 8259, section 7): a surrogate pair beyond the basic plane."""
    return json.dumps(character)[1:-1] if ord(character) > 0x7E else f"\\u{ord(character):04x}"
