"""Steps of a flow: the lines of our code that it runs."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
Step = tuple[str, int]
# A module, by its path in the repository, and a line.


class Defect(Exception):  # noqa: N818  the name says it
    """An unexpected error, which no `except` clause names."""


@contextmanager
def watching(folders: tuple[str, ...], steps: list[Step], at: Callable[[int], object] = id) -> Iterator[None]:
    """Record each line of the modules in `folders` once, before it first runs in this thread, and call `at(number)`.

    Lines are numbered from 1. If `at` raises, the line raises that error instead of running.
    """
    seen: set[Step] = set()
    beginnings = tuple(str(ROOT / folder) for folder in folders)

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        return line if event == "call" and frame.f_code.co_filename.startswith(beginnings) else None

    def line(frame: FrameType, event: str, _: Any) -> Any:
        step = (str(Path(frame.f_code.co_filename).relative_to(ROOT)), frame.f_lineno)
        if event == "line" and step not in seen:
            seen.add(step)
            steps.append(step)
            at(len(steps))
        return line

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


def ends_at(number: int, error: BaseException) -> Callable[[int], None]:
    """Make a flow fail with `error` at this step."""

    def end(reached: int) -> None:
        if reached == number:
            raise error

    return end
