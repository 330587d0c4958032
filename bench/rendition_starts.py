"""`python -m bench.rendition_starts`: cold starts of the functions that decode images and videos.

Each runs in a separate process with only the built layers, until it could decode its first picture. They are compared
with `upload`, until it could respond. Writes docs/performance.md; `--check` compares with bench/budget.toml.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import report, sites
from bench.frames import cpu_ms

# The code that a function runs for its first picture, after importing `app`.
FIRST_USE: Mapping[str, str] = {
    "upload": "",
    "renditions": "from asset_api.renditions import images; images.pyvips.Image.black(64, 48).webpsave_buffer()",
    "frames": "from asset_api.renditions import frames; import av; av.codec.Codec('h264', 'r').create()",
}


def start(function: str, layers: Sequence[Path]) -> float:
    """Return the CPU time of one start, in milliseconds, less that of an empty interpreter."""
    environment = "import os; os.environ.update(AWS_DEFAULT_REGION='us-east-1')"
    paths = [*map(str, layers), str(sites.FUNCTIONS / function)]
    code = f"{environment}; import sys; sys.path[:0] = {paths!r}; import app; {FIRST_USE[function]}"
    isolated = [sys.executable, "-I", "-S", "-c"]
    return cpu_ms([*isolated, code]) - cpu_ms([*isolated, "pass"])


def measure(rounds: int) -> report.Measured:
    core, images, video = (sites.build_core_layer(), sites.build_images_layer(), sites.build_video_layer())
    layers = {"upload": [core], "renditions": [core, images], "frames": [core, images, video]}
    starts = [{function: start(function, layers[function]) for function in FIRST_USE} for _ in range(rounds)]
    ratios = {
        f"start-{function}-upload": statistics.median(each[function] / each["upload"] for each in starts)
        for function in ("renditions", "frames")
    }
    rows = [f"| {function} | {statistics.median(each[function] for each in starts):.0f} |" for function in FIRST_USE]
    return ratios, rows


def main() -> int:
    header = "| function | CPU until its first picture, ms |"
    return report.run("rendition-starts", measure, description=__doc__, header=header, rounds=9)


if __name__ == "__main__":
    sys.exit(main())
