"""Child processes of a process."""

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> set[int]:
    """Return the ids of all descendants of `pid`."""
    parents = _parents()
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def is_alive(pid: int) -> bool:
    """Tell whether a process runs. One that has ended does not, even before its parent has asked for its status."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def command_of(pid: int) -> str:
    """Return its command line; empty if it has ended."""
    if (_PROC / "self" / "cmdline").exists():
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            return ""
    listing = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return listing.stdout.strip()


def environment_of(pid: int) -> bytes:
    """Return its environment on Linux, separated by null bytes; empty if it has ended, or is another user's."""
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""


def _parents() -> dict[int, int]:
    # Slim Linux images have no ps, macOS has no /proc.
    if (_PROC / "self" / "stat").exists():
        return {int(path.name): parent for path in _PROC.glob("[0-9]*") if (parent := _parent_in_proc(path))}
    listing = subprocess.run(["ps", "-axo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    return {int(child): int(parent) for child, parent in map(str.split, listing.splitlines())}


def _is_zombie(pid: int) -> bool:
    if not (_PROC / "self" / "stat").exists():
        return False
    try:
        status = (_PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status.rpartition(")")[2].split()[0] == "Z"


def _parent_in_proc(process: Path) -> int | None:
    try:
        status = (process / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name, in parentheses, may hold anything; state and parent follow it.
    return int(status.rpartition(")")[2].split()[1])
