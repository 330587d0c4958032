"""Decoders in a separate process, with the CPU time and the memory of a function."""

import json
import math
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import machine

LAYER = Path(__file__).parents[1] / "layers" / "core"
# The function has 1,769 MB (template.yaml), including Python and botocore.
MAX_MEGABYTES = 900
# For programs given to `python -c`. On Linux, ru_maxrss starts with the peak of the process that started this one,
# such as pytest's.
PEAK_MEGABYTES = """
import pathlib, resource

def peak_megabytes():
    try:
        lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    except FileNotFoundError:  # macOS, where ru_maxrss is in bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024
"""


def run(code: str, paths: Sequence[Path], *, cpu_seconds: int, timeout_seconds: int) -> tuple[Any, int]:
    """Run Python code of the layer with `paths` as its arguments. `cpu_seconds` are those of `tests.machine`.

    Return the JSON that it prints on a line, and the peak of its memory in megabytes.
    """
    limit = math.ceil(cpu_seconds * machine.slowness())
    child = subprocess.run(
        [sys.executable, "-c", f"{PEAK_MEGABYTES}{code}print(peak_megabytes())", *paths],
        cwd=LAYER,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_seconds,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
    )
    assert child.returncode == 0, f"status {child.returncode}; {limit} s of CPU are allowed; {child.stderr}"
    printed, megabytes = child.stdout.splitlines()
    return json.loads(printed), int(megabytes)
