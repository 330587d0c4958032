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

from tests.faults.fuzzing.targets import DEFECTS, REFUSALS, TARGETS, Target, from_input

MIB = 1024 * 1024
SMALL_BYTES = 64 * 1024
CPU_SECONDS, CPU_SECONDS_GROWN = 0.1, 1.0
MEMORY_BYTES = 32 * MIB
_TRIES = 3


def cpu_seconds(target: Target, data: bytes, *, grown: bool) -> float:
    """Parse once. Raises what is no answer to a client."""
    file = from_input(data, grown_to=target.most_bytes if grown else None)
    before = time.process_time()
    with contextlib.suppress(*REFUSALS):
        target.parse(file)
    return time.process_time() - before


def faults(target: Target, data: bytes, *, grown: bool) -> str:
    """Say what of the limits the input exceeds; empty where it keeps them. The least of three tries counts."""
    allowed = CPU_SECONDS_GROWN if grown else CPU_SECONDS
    spent = [cpu_seconds(target, data, grown=grown)]
    while spent[-1] > allowed and len(spent) < _TRIES:
        spent.append(cpu_seconds(target, data, grown=grown))
    if min(spent) > allowed:
        return f"takes {min(spent):.2f} s of CPU; {allowed} are allowed"
    tracemalloc.start()
    cpu_seconds(target, data, grown=grown)
    _, peak = tracemalloc.get_traced_memory()
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
