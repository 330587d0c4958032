"""Durations as people type them: `90s`, `15m`, `12h`, `7d`."""

import re

import typer

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd]?)")


def seconds(text: str) -> int:
    """Return a duration in seconds. A number without a unit is seconds."""
    found = _DURATION.fullmatch(text.strip().lower())
    if not found:
        raise typer.BadParameter(f"{text!r} is not a duration: write it as 90s, 15m, 12h or 7d")
    return int(found[1]) * _SECONDS[found[2] or "s"]


def seconds_or_never(text: str) -> int | None:
    """Return a duration in seconds, None for `never`."""
    return None if text.strip().lower() == "never" else seconds(text)
