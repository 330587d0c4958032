"""The objects that functions use, each created from the settings on first use: a module for each package.

A function imports only the modules that it needs. These import at the top what all functions that use them need, and
everything else late, so that no cold start loads unused code.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

_Created = TypeVar("_Created")
_forget: list[Callable[[], None]] = []


def once(make: Callable[[], _Created]) -> Callable[[], _Created]:
    """Decorate a factory: the first call creates the object, later calls return it, until `reset`."""
    made = cache(make)
    _forget.append(made.cache_clear)
    return made


def reset() -> None:
    """Forget every object: the next use creates it from the current settings. AWS clients are kept."""
    for forget in _forget:
        forget()


def now() -> datetime:
    """Return the current time: aware, UTC."""
    return datetime.now(UTC)
