"""Progress lines of `make run`."""

import sys
import time
from collections.abc import Callable
from typing import TextIO


class Progress:
    """Printer of lines with the seconds since the start."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stdout
        self._clock = clock
        self._started = clock()

    @property
    def elapsed_seconds(self) -> float:
        return self._clock() - self._started

    def step(self, message: str) -> None:
        """Print one line and flush it, so that it shows at once even in a pipe."""
        print(f"[{self.elapsed_seconds:5.1f} s] {message}", file=self._stream, flush=True)

    def plain(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
