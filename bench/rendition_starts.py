"""`python -m bench.rendition_starts`: the start of the functions that decode images and videos, with their libraries.

Each in a process of its own that sees nothing but the built layers, up to the first picture that could be decoded.
Beside it, what `upload` takes until it could answer. Writes docs/performance.md; `--check` compares with
bench/budget.toml.
"""

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import report, sites
from bench.frames import cpu_ms

# What a function imports for its first picture, after `app`.
FIRST_USE: Mapping[str, str] = {
    "upload": "",
    "renditions": "from asset_api.renditions import images; images.pyvips.Image.black(64, 48).webpsave_buffer()",
    "frames": "from asset_api.renditions import frames; import av; av.codec.Codec('h264', 'r').create()",
}


def start(function: str, layers: Sequence[Path]) -> float:
    """The CPU of one start, in milliseconds, without that of an empty interpreter's."""
    environment = "import os; os.environ.update(AWS_DEFAULT_REGION='us-east-1')"
    paths = [*map(str, layers), str(sites.FUNCTIONS / function)]
    code = f"{environment}; import sys; sys.path[:0] = {paths!r}; import app; {FIRST_USE[function]}"
    isolated = [sys.executable, "-I", "-S", "-c"]
    return cpu_ms([*isolated, code]) - cpu_ms([*isolated, "pass"])


def measure(rounds: int) -> report.Measured:
    core, images, video = (sites.build_core_layer(), sites.build_images_layer(), sites.build_video_layer())
    layers = {"upload": [core], "renditions": [core, images], "frames": [core, images, video]}
    found = [{function: start(function, layers[function]) for function in FIRST_USE} for _ in range(rounds)]
    ratios = {
        f"start-{function}-upload": statistics.median(each[function] / each["upload"] for each in found)
        for function in ("renditions", "frames")
    }
    rows = [f"| {function} | {statistics.median(each[function] for each in found):.0f} |" for function in FIRST_USE]
    return ratios, rows


def main() -> int:
    header = "| function | ms of CPU until its first picture |"
    return report.run("rendition-starts", measure, description=__doc__, header=header, rounds=9)


if __name__ == "__main__":
    sys.exit(main())
