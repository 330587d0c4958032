"""Builds of layers, as by `sam build`."""

import os
import subprocess
import sys
from pathlib import Path

from local.build_target import Target
from tests.template.cloudformation import ROOT


def build(layer: str, name: str, target: Path, uv_platform: str) -> Path:
    """Build a layer, and return its directory for `sys.path`."""
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.tools/bin'}{os.pathsep}{os.environ['PATH']}",
        "ARTIFACTS_DIR": str(target),
        "LAYER_PYTHON": sys.executable,
        "LAYER_PYTHON_VERSION": Target.of_this_process().python_version,
        "LAYER_PYTHON_PLATFORM": uv_platform,
    }
    subprocess.run(["make", "-s", f"build-{name}"], cwd=ROOT / "layers" / layer, env=environment, check=True)
    return target / "python"
