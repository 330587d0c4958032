"""This process's collaborators, each created from the settings on first use: a module for each package.

A function imports the modules of the packages that it uses. These import at the top what all of their functions need,
and the rest late, so that no function pays for what it does not use.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

_Created = TypeVar("_Created")
_forget: list[Callable[[], None]] = []


def once(make: Callable[[], _Created]) -> Callable[[], _Created]:
    """Decorate a maker of a collaborator: later calls return the first one, until `reset`."""
    made = cache(make)
    _forget.append(made.cache_clear)
    return made


def reset() -> None:
    """Forget every collaborator: the next use creates it from the current settings. AWS clients are kept."""
    for forget in _forget:
        forget()


def now() -> datetime:
    """Return the current time: aware, UTC."""
    return datetime.now(UTC)
