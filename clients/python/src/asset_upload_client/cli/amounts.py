"""Sizes and counts as text."""

_UNITS = ("B", "kB", "MB", "GB")


def size(count: float) -> str:
    """Return a size as the page and the uploader show it, in steps of 1,024: `52428800` is `50 MB`."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 10 else f"{value:.0f} {_UNITS[unit]}"


def counted(count: int, noun: str) -> str:
    """Return `1 file`, `2 files`; `noun` forms its plural with an s."""
    return f"{count} {noun if count == 1 else f'{noun}s'}"
