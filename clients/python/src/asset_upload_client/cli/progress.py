"""One progress bar for any number of files, drawn four times a second."""

import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from asset_upload_client.cli import output
from asset_upload_client.cli.amounts import size
from asset_upload_client.steps import Wait

_DRAWN_A_SECOND = 4
_SHORTEST_TOLD_SECONDS = 2.0


class FilesBar:
    """The progress of files. `paths` are known before anything is sent, so that the total is right from the start."""

    def __init__(self, paths: Iterable[Path], console: Console = output.messages) -> None:
        self._console = console
        self._sizes = {path: _size(path) for path in paths}
        self._sent = dict.fromkeys(self._sizes, 0)
        self._bytes = 0
        self._ended = 0
        self._until = 0.0
        self._reason = ""
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            _Column(self._amounts),
            _Column(self._note),
        )
        self._progress = Progress(
            *columns, console=console, disable=not console.is_terminal, refresh_per_second=_DRAWN_A_SECOND
        )
        self._task = self._progress.add_task(self._described(), total=max(1, sum(self._sizes.values())))

    def __enter__(self) -> "FilesBar":
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.update(self._task, completed=self._bytes)
        self._progress.stop()

    def advanced(self, path: Path, sent: int, total: int) -> None:  # noqa: ARG002 - the client's signature
        self._bytes += sent - self._sent.get(path, 0)
        self._sent[path] = sent
        if self._reason and time.monotonic() >= self._until:
            self._reason = ""
        # Only sets the number; the bar redraws on its own clock.
        self._progress.tasks[0].completed = self._bytes

    def ended(self, path: Path) -> None:
        self.advanced(path, self._sizes.get(path, 0), 0)
        self._ended += 1
        self._progress.update(self._task, description=self._described())

    def waiting(self, wait: Wait) -> None:
        """Show the longest of several pauses, with its reason and end."""
        until = time.monotonic() + wait.seconds
        if wait.seconds < _SHORTEST_TOLD_SECONDS or until < self._until + 1:
            return
        self._until, self._reason = until, wait.reason
        if not self._console.is_terminal:
            output.say(f"Waiting {wait.reason} until {_clock_time(wait.seconds)}")

    def _described(self) -> str:
        return f"{self._ended} of {len(self._sizes)}"

    def _amounts(self, task: Task) -> str:
        speed = f", {size(task.speed)}/s" if task.speed and not self._reason else ""
        return f"{size(self._bytes)} of {size(task.total or 0)}{speed}"

    def _note(self, _: Task) -> str:
        left = self._until - time.monotonic()
        if not self._reason or left <= 0:
            return ""
        return f"waiting {left:.0f} s, until {_clock_time(left)}, {self._reason}"


class _Column(ProgressColumn):
    """A column with a function's result, truncated at the terminal's width."""

    def __init__(self, text: object) -> None:
        super().__init__()
        self._text = text

    def render(self, task: Task) -> Text:
        return Text(self._text(task), no_wrap=True, overflow="ellipsis")  # type: ignore[operator]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _clock_time(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() + seconds).astimezone().strftime("%H:%M:%S")
