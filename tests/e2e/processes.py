"""Child processes of a process."""

import subprocess
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> set[int]:
    """The ids of all processes below `pid`."""
    parents = _parents()
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _parents() -> dict[int, int]:
    # Slim Linux images have no ps, macOS has no /proc.
    if (_PROC / "self" / "stat").exists():
        return {int(path.name): parent for path in _PROC.glob("[0-9]*") if (parent := _parent_in_proc(path))}
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    return {int(child): int(parent) for child, parent in map(str.split, listing.splitlines())}


def _parent_in_proc(process: Path) -> int | None:
    try:
        status = (process / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold anything; state and parent follow it.
    return int(status.rpartition(")")[2].split()[1])
