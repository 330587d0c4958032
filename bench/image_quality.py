"""SSIMULACRA2 and size of renditions by quality, for the table in docs/renditions.md.

    uv run --group image-quality python -m bench.image_quality FOLDER_OF_PHOTOS

libvips scales each photo down, encodes it losslessly as the reference, and then at each quality.
"""

import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyvips

WIDTHS = (320, 640, 1280)
QUALITIES = (60, 70, 75, 80, 85, 90)


def encoded(image: Any, image_format: str, quality: int) -> bytes:
    """Encode like `renditions/images.py`, but at this quality."""
    if image_format == "webp":
        return bytes(image.webpsave_buffer(Q=quality, keep="none"))
    return bytes(image.jpegsave_buffer(Q=quality, optimize_coding=True, interlace=True, keep="none"))


def main(folder: str) -> None:
    from ssimulacra2 import compute_ssimulacra2

    scores: dict[tuple[str, int, int], list[float]] = defaultdict(list)
    sizes: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        reference, decoded = (str(Path(scratch) / name) for name in ("reference.png", "decoded.png"))
        for photo in sorted(Path(folder).glob("**/*.jp*g")):
            for width in WIDTHS:
                image: Any = pyvips.Image.thumbnail(str(photo), width, size="down", output_profile="srgb")
                image = image.copy_memory()
                image.pngsave(reference, keep="none")
                for image_format in ("webp", "jpg"):
                    for quality in QUALITIES:
                        data = encoded(image, image_format, quality)
                        opened: Any = pyvips.Image.new_from_buffer(data, "")
                        opened.pngsave(decoded, compression=1)
                        scores[image_format, quality, width].append(compute_ssimulacra2(reference, decoded))
                        sizes[image_format, quality, width].append(len(data))
    for key, of_key in scores.items():
        print(
            *key, f"{statistics.mean(of_key):.1f}", f"{min(of_key):.1f}", f"{statistics.mean(sizes[key]) / 1000:.1f} kB"
        )


if __name__ == "__main__":
    main(sys.argv[1])
