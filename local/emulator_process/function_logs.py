"""Function logs, collected without waiting.

MiniStack 1.5.33 reads a function's log in a separate thread and cannot tell when that thread has caught up, so it waits
50 ms for a line after every invocation. But a function writes its log before its response, so by then all of it is in
the pipe and can be read at once.
"""

import os
import select
import threading
from typing import IO, TYPE_CHECKING, Any

from ministack.core import lambda_runtime

if TYPE_CHECKING:
    import queue

_PIECE_BYTES = 64 * 1024
# A bound for functions that never stop logging. A pipe holds at most 1 MiB on Linux, 64 KiB on macOS.
_PIECES_AT_ONCE = 16


class Log:
    """The pipe that a function process logs to. Any thread may read it; `lines` gets each line once, in order."""

    def __init__(self, pipe: IO[Any], lines: "queue.Queue[str]") -> None:
        self.pipe = pipe  # kept, so that its descriptor is not closed and reused while a thread reads it
        self._lines = lines
        self._lock = threading.Lock()
        self._incomplete_line = b""

    def read_to_end(self) -> None:
        """Read until every process with the other end is gone."""
        while True:
            self._wait_for_bytes(None)
            if not self.read_available():
                return

    def read_available(self) -> bool:
        """Read what the pipe holds, without waiting. Returns False at the end of the log."""
        with self._lock:
            for _ in range(_PIECES_AT_ONCE):
                if not self._wait_for_bytes(0):
                    break
                piece = os.read(self.pipe.fileno(), _PIECE_BYTES)
                if not piece:
                    self._put(self._incomplete_line)
                    self._incomplete_line = b""
                    return False
                *complete, self._incomplete_line = (self._incomplete_line + piece).split(b"\n")
                for line in complete:
                    self._put(line)
        return True

    def _put(self, line: bytes) -> None:
        if line:
            self._lines.put(line.decode("utf-8", "replace"))

    def _wait_for_bytes(self, timeout_ms: int | None) -> bool:
        # select() does not support descriptors above 1023, and a poll object only one thread at a time.
        poll = select.poll()
        poll.register(self.pipe.fileno(), select.POLLIN)
        return bool(poll.poll(timeout_ms))


class PromptWorker(lambda_runtime.Worker):  # type: ignore[misc]  # MiniStack has no types
    """A function process whose log is read on demand."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._log: Log | None = None
        self._log_lock = threading.Lock()

    def _read_stderr(self) -> None:
        if log := self._current_log():
            log.read_to_end()

    def _drain_stderr(self) -> str:
        if log := self._current_log():
            log.read_available()
        return str(super()._drain_stderr())

    def _drain_stderr_bounded(self, *_waits: float, **_more_waits: float) -> str:
        return self._drain_stderr()

    def _current_log(self) -> Log | None:
        """Return the log of the current process, or of the last one."""
        with self._log_lock:
            process = self._proc
            if process is not None and (self._log is None or self._log.pipe is not process.stderr):
                self._log = Log(process.stderr, self._stderr_queue)
            return self._log


def install() -> None:
    """Have MiniStack start functions as `PromptWorker`s. Raises AttributeError if MiniStack has changed."""
    for name in ("_read_stderr", "_drain_stderr", "_drain_stderr_bounded"):
        getattr(lambda_runtime.Worker, name)
    lambda_runtime.Worker = PromptWorker
