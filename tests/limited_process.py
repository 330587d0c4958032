"""Decoders in a process of their own, with the CPU time that a function has, and its memory as a bound for tests."""

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LAYER = Path(__file__).parents[1] / "layers" / "core"
# Of the function's 1,769 MB (template.yaml), with Python and botocore.
MAX_MEGABYTES = 900


def run(code: str, paths: Sequence[Path], *, cpu_seconds: int, timeout_seconds: int) -> Any:
    """Run Python code of the layer with `paths` as its arguments; return the JSON that it prints."""
    child = subprocess.run(
        [sys.executable, "-c", code, *paths],
        cwd=LAYER,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_seconds,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds)),
    )
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)
