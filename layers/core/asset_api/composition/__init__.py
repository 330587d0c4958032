"""This process's collaborators, each made from the settings once, when it is first needed: a module for each wing.

A function imports the modules of the wings that it uses. Those import at the top what all of their functions need
anyway, and the rest where it is used, so that no function pays for what it does not use.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

_Made = TypeVar("_Made")
_forget: list[Callable[[], None]] = []


def once(make: Callable[[], _Made]) -> Callable[[], _Made]:
    """Decorate what makes a collaborator: later calls return the first one, until `reset`."""
    made = cache(make)
    _forget.append(made.cache_clear)
    return made


def reset() -> None:
    """Forget every collaborator: the next use makes it from the settings of that time. AWS clients are kept."""
    for forget in _forget:
        forget()


def now() -> datetime:
    """The current time: aware, UTC."""
    return datetime.now(UTC)
