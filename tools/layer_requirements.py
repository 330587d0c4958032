"""Write each layer's requirements.txt from its dependency group in uv.lock, with hashes.

`--check` writes nothing and exits with 1 if a file is out of date.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROUPS = {
    "layer": ROOT / "layers/core/requirements.txt",
    "jwks": ROOT / "layers/jwks/requirements.txt",
    "images": ROOT / "layers/images/requirements.txt",
    "video": ROOT / "layers/video/requirements.txt",
    "images-build": ROOT / "layers/images/build-constraints.txt",
}
HEADER = "# From uv.lock, by `make requirements`.\n"


def exported(group: str) -> str:
    """Export `group` of uv.lock. Raises CalledProcessError if uv fails."""
    command = ["uv", "export", "--frozen", "--quiet", "--no-header", "--only-group", group]
    return HEADER + subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check that the files are up to date")
    check = parser.parse_args().check
    stale = {path: text for group, path in GROUPS.items() if (text := exported(group)) != path.read_text()}
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} does not match uv.lock: run `make requirements`", file=sys.stderr)
        else:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
