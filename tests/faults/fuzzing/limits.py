"""Limits of the cost of parsing one input, measured in a separate process without a fuzzer's instrumentation.

The limits of CPU time are for the machine in `tests.machine`, and are scaled for slower ones.

    python -m tests.faults.fuzzing.limits TARGET FILE [--grown]

prints the exceeded limits and exits with 1, or prints nothing and exits with 0.
"""

import argparse
import contextlib
import sys
import time
import tracemalloc
from pathlib import Path

from tests import machine
from tests.corpus.repetitive import Repetitive
from tests.faults.fuzzing.targets import DEFECTS, REFUSALS, TARGETS, Target, from_input

MIB = 1024 * 1024
SMALL_BYTES = 64 * 1024
CPU_SECONDS, CPU_SECONDS_GROWN = 0.1, 1.0
MEMORY_BYTES = 32 * MIB
_TRIES = 6


def cpu_seconds(target: Target, file: Repetitive) -> float:
    """Parse once. Raises unexpected errors."""
    before = time.process_time()
    with contextlib.suppress(*REFUSALS):
        target.parse(file)
    return time.process_time() - before


def faults(target: Target, data: bytes, *, grown: bool, traced: bool = True) -> str:
    """Return a message if the input exceeds a limit, or an empty string. The best of six attempts counts.

    Memory is measured if `traced`, which makes parsing several times slower.
    """
    allowed = CPU_SECONDS_GROWN if grown else CPU_SECONDS
    file = as_file(target, data, grown=grown)
    spent = [cpu_seconds(target, file)]
    while spent[-1] > allowed and len(spent) < _TRIES:
        spent.append(cpu_seconds(target, file))
    if min(spent) > allowed and min(spent) > allowed * (slowness := machine.slowness()):
        return f"takes {min(spent):.2f} s of CPU; {allowed} are allowed, here {slowness:.2f} times"
    return _memory_faults(target, file) if traced else ""


def as_file(target: Target, data: bytes, *, grown: bool) -> Repetitive:
    """Make the file of an input, in memory if a request would have it in memory."""
    file = from_input(data, grown_to=target.most_bytes if grown else None)
    return Repetitive(file.whole(), b"\0", size=file.size) if target.is_in_memory else file


def _memory_faults(target: Target, file: Repetitive) -> str:
    tracemalloc.start()
    try:
        cpu_seconds(target, file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if peak > MEMORY_BYTES:
        return f"takes {peak / MIB:.0f} MiB of memory; {MEMORY_BYTES // MIB} are allowed"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("file", type=Path)
    parser.add_argument("--grown", action="store_true")
    options = parser.parse_args()
    found = faults((TARGETS | DEFECTS)[options.target], options.file.read_bytes(), grown=options.grown)
    sys.stdout.write(found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
