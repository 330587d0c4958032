"""The peak memory of a process, from Linux's proc(5)."""

from pathlib import Path


def peak_kilobytes(pid: int | str = "self") -> int:
    """Return VmHWM, or 0 for a process that is ending; getrusage(2) would start with the parent's peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0
