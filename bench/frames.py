"""`python -m bench.frames`: the first and the last frame of a 50 MB video, compared with the `ffmpeg` command.

Both read the same file in the same rounds: ours warm, like nearly every invocation, `ffmpeg` including its start.
Writes docs/performance.md; `--check` compares with bench/budget.toml.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import report
from bench.sites import ROOT

OURS = """
import sys, time
from pathlib import Path
from asset_api.assets.rendition_names import Rendition
from asset_api.renditions import frames, videos
video, which, target = sys.argv[1:]
for _ in range(2):  # the first one includes the cold start
    before = time.process_time()
    with open(video, "rb") as file:
        Path(target).write_bytes(frames.render(videos.frame(file, which), Rendition(None, "png", which)))
    taken = time.process_time() - before
print(taken * 1000)
"""
SEEKS: Mapping[str, Sequence[str]] = {"first": ("-ss", "0"), "last": ("-sseof", "-0.04")}


def clip(path: Path) -> None:
    """Write ten seconds of 1080p H.264, as noisy as a camera's, at 40 Mbit/s with a key frame every two seconds."""
    source = "testsrc2=s=1920x1080:r=30:d=10,noise=alls=12:allf=t"
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "60")
    rate = ("-b:v", "40M", "-minrate", "40M", "-bufsize", "40M")
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, *encoder, *rate, str(path)], check=True)


def cpu_ms(command: Sequence[object]) -> float:
    """Return the CPU time of a process with all its threads, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def ours(video: Path, which: str, target: Path) -> float:
    """Return the CPU time of a frame in a process that has already made one, like a warm function."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "layers/core")}
    command = [sys.executable, "-c", OURS, str(video), which, str(target)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def ffmpegs(video: Path, which: str, target: Path) -> float:
    return cpu_ms(["ffmpeg", "-v", "error", "-y", *SEEKS[which], "-i", video, "-frames:v", 1, target])


def measure(rounds: int) -> report.Measured:
    ratios: dict[str, float] = {}
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        video, target = Path(scratch) / "clip.mp4", Path(scratch) / "frame.png"
        clip(video)
        for which in SEEKS:
            pairs = [(ours(video, which, target), ffmpegs(video, which, target)) for _ in range(rounds)]
            ratios[f"frame-{which}-ffmpeg"] = statistics.median(own / peer for own, peer in pairs)
            own, peer = (statistics.median(column) for column in zip(*pairs, strict=True))
            rows.append(f"| {which} | {own:.0f} | {peer:.0f} |")
        megabytes = video.stat().st_size / 1e6
        start = statistics.median(cpu_ms(["ffmpeg", "-v", "quiet", "-L"]) for _ in range(rounds))
    rows.append(f"\nThe video has {megabytes:.0f} MB. Starting takes `ffmpeg` {start:.0f} ms of its CPU time.")
    return ratios, rows


def main() -> int:
    if shutil.which("ffmpeg") is None:
        print("Frames are not measured, because ffmpeg is not installed.", file=sys.stderr)
        return 0
    header = "| frame, as PNG | ours, ms of CPU | ffmpeg, ms of CPU |"
    return report.run("frames", measure, description=__doc__, header=header, rounds=5)


if __name__ == "__main__":
    sys.exit(main())
