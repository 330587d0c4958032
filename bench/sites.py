"""The code to measure, as it is deployed: layers built by their Makefiles, and fixtures with their packages.

Everything is installed in `.bench/` and compiled to bytecode for the running interpreter.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from local.build_target import Target

ROOT = Path(__file__).resolve().parent.parent
SITES = ROOT / ".bench"
FIXTURES = ROOT / "bench/fixtures"
FUNCTIONS = ROOT / "functions"


def build_core_layer() -> Path:
    """Build the core layer and return its directory for sys.path."""
    return _build_layer("core", "CoreLayer")


def build_images_layer() -> Path:
    """Build the layer with libvips and return its directory for sys.path."""
    return _build_layer("images", "ImagesLayer")


def build_video_layer() -> Path:
    """Build the layer with FFmpeg's libraries and return its directory for sys.path."""
    return _build_layer("video", "VideoLayer")


def _build_layer(name: str, resource: str) -> Path:
    target = Target.of_this_process()
    artifacts = _empty(SITES / name)
    environment = {
        **os.environ,
        "ARTIFACTS_DIR": str(artifacts),
        "LAYER_PYTHON": sys.executable,
        "LAYER_PYTHON_VERSION": target.python_version,
        "LAYER_PYTHON_PLATFORM": target.uv_platform,
    }
    subprocess.run(["make", "-s", f"build-{resource}"], cwd=ROOT / "layers" / name, env=environment, check=True)
    return artifacts / "python"


def build_fixture(name: str) -> Path:
    """Build the fixture with the packages of its group in uv.lock."""
    site = install_group(f"bench-{name}")
    shutil.copy(FIXTURES / name / "app.py", site)
    _compile(site)
    return site


def install_group(group: str) -> Path:
    """Install the packages of a group in uv.lock and return their directory."""
    site = _empty(SITES / group)
    exported = ["uv", "export", "--frozen", "--quiet", "--no-header", "--only-group", group]
    requirements = SITES / f"{group}.txt"
    requirements.write_bytes(subprocess.run(exported, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
    install = [
        "uv",
        "pip",
        "install",
        "--quiet",
        "--target",
        str(site),
        "--python",
        sys.executable,
        "-r",
        str(requirements),
    ]
    subprocess.run(install, check=True)
    return site


def _compile(site: Path) -> None:
    command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(site)]
    subprocess.run(command, check=True)


def _empty(directory: Path) -> Path:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
