"""The limits of what one input may cost a parser, measured in a process of its own, without a fuzzer's instruments.

    python -m tests.faults.fuzzing.limits TARGET FILE [--grown]

prints what is wrong, and exits with 1; nothing, and with 0, where nothing is.
"""

import argparse
import contextlib
import sys
import time
import tracemalloc
from pathlib import Path

from tests.corpus.repetitive import Repetitive
from tests.faults.fuzzing.targets import DEFECTS, REFUSALS, TARGETS, Target, from_input

MIB = 1024 * 1024
SMALL_BYTES = 64 * 1024
CPU_SECONDS, CPU_SECONDS_GROWN = 0.1, 1.0
MEMORY_BYTES = 32 * MIB
_TRIES = 3


def cpu_seconds(target: Target, file: Repetitive) -> float:
    """Parse once. Raises what is no answer to a client."""
    before = time.process_time()
    with contextlib.suppress(*REFUSALS):
        target.parse(file)
    return time.process_time() - before


def faults(target: Target, data: bytes, *, grown: bool, traced: bool = True) -> str:
    """Say what of the limits the input exceeds; empty where it keeps them. The least of three tries counts.

    Memory is counted where it is `traced`, which makes parsing several times slower.
    """
    allowed = CPU_SECONDS_GROWN if grown else CPU_SECONDS
    file = as_file(target, data, grown=grown)
    spent = [cpu_seconds(target, file)]
    while spent[-1] > allowed and len(spent) < _TRIES:
        spent.append(cpu_seconds(target, file))
    if min(spent) > allowed:
        return f"takes {min(spent):.2f} s of CPU; {allowed} are allowed"
    return _memory_faults(target, file) if traced else ""


def as_file(target: Target, data: bytes, *, grown: bool) -> Repetitive:
    """Make the file that an input stands for, in memory where a request would have it there."""
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
