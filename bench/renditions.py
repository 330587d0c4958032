"""`python -m bench.renditions`: renditions with libvips from Python, compared with sharp, which uses it from Node.

Both render the same photos in the same rounds, in separate processes. Writes docs/performance.md; `--check` compares
with bench/budget.toml.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyvips

from bench import report
from bench.sites import FIXTURES, ROOT

WIDTHS = (320, 640, 1280)
# Peak memory is measured with about the largest file that the service accepts by default.
LARGEST_BYTES = 50_000_000
MEMORY_GOAL_MB = 300
_TIMES = 8


def photo(path: Path, width: int, height: int, quality: int) -> None:
    """Write a JPEG with as much detail as a photo: clouds of several sizes, and a sensor's noise."""
    bands = []
    for seed in range(3):
        cloud: Any = pyvips.Image.perlin(width, height, cell_size=512, seed=seed) * 80
        for cell, weight in ((128, 40), (32, 20), (8, 10)):
            cloud = cloud + pyvips.Image.perlin(width, height, cell_size=cell, seed=seed) * weight
        bands.append(cloud + pyvips.Image.gaussnoise(width, height, sigma=5, seed=seed) + 128)
    image: Any = bands[0].bandjoin(bands[1:])
    image.cast("uchar").copy(interpretation="srgb").jpegsave(str(path), Q=quality)


def ours(path: Path, width: int, times: int) -> Mapping[str, Any]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "layers/core"), "VIPS_CONCURRENCY": "1"}
    return _measured([sys.executable, "-m", "bench.render", path, width, times], environment)


def sharps(path: Path, width: int, times: int) -> Mapping[str, Any]:
    return _measured(["node", FIXTURES / "sharp/render.mjs", path, width, times], dict(os.environ))


def _measured(command: Sequence[object], environment: Mapping[str, str]) -> Mapping[str, Any]:
    done = subprocess.run(list(map(str, command)), cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    measured: Mapping[str, Any] = json.loads(done.stdout)
    return measured


def measure(rounds: int) -> report.Measured:
    ratios: dict[str, float] = {}
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        photos = Path(scratch) / "12.jpg", Path(scratch) / "50.jpg"
        photo(photos[0], 4000, 3000, 92)
        photo(photos[1], 7200, 5400, 100)
        if photos[1].stat().st_size < LARGEST_BYTES:
            raise ValueError(f"the large photo has {photos[1].stat().st_size} bytes")
        for width in WIDTHS:
            pairs = [(ours(photos[0], width, _TIMES), sharps(photos[0], width, _TIMES)) for _ in range(rounds)]
            cpu = [[statistics.median(each["cpu_ms"]) for each in pair] for pair in pairs]
            ratios[f"rendition-{width}-sharp"] = statistics.median(own / peer for own, peer in cpu)
            sizes = " | ".join(f"{each['bytes'] / 1000:.1f}" for each in pairs[0])
            times = " | ".join(f"{statistics.median(column):.0f}" for column in zip(*cpu, strict=True))
            rows.append(f"| 12 megapixels to {width} | {times} | {sizes} |")
        own, peer = (render(photos[1], WIDTHS[-1], 1)["peak_rss_kb"] / 1024 for render in (ours, sharps))
        ratios["rendition-memory"] = own / MEMORY_GOAL_MB
        megabytes = photos[1].stat().st_size / 1e6
    rows.append(
        f"\nPeak memory for a {megabytes:.0f} MB JPEG, scaled to {WIDTHS[-1]}: ours {own:.0f} MB, sharp {peer:.0f} MB."
    )
    return ratios, rows


def main() -> int:
    header = "| | ours, CPU in ms | sharp, CPU in ms | ours, kB | sharp, kB |"
    return report.run("renditions", measure, description=__doc__, header=header, rounds=5)


if __name__ == "__main__":
    sys.exit(main())
