"""The largest supported images, rendered by the function's code within its time and memory."""

from functools import reduce
from itertools import product
from pathlib import Path

from PIL import Image

from tests import limited_process
from tests.limited_process import MAX_MEGABYTES

# Of one CPU, within the 28 seconds of an invocation.
MAX_CPU_SECONDS = 15
SIDE = 8000
MAKE = """
import json, os, sys
from types import SimpleNamespace
from asset_api.assets.rendition_names import Rendition
from asset_api.media.file_types import JPEG
from asset_api.renditions.images import ImageMaker

class Body:
    def __init__(self, path):
        self.file = open(path, "rb")
    def iter_chunks(self, size):
        return iter(lambda: self.file.read(size), b"")

made = []
for path in sys.argv[1:]:
    s3 = SimpleNamespace(get_object=lambda **_: {"Body": Body(path)})
    original = SimpleNamespace(asset_id="0", visibility="public", size_bytes=os.path.getsize(path), media_type=JPEG)
    make = ImageMaker(SimpleNamespace(s3=s3, name="assets"))
    made += [len(make(original, Rendition.parse(name))) for name in ("w1920.jpg", "w320.webp")]
print(json.dumps(made))
"""


def noisy_photo() -> Image.Image:
    """Make 64 megapixels with the noise of a photo in the dark: about 40 MB as a JPEG."""

    def channel(*sides: int) -> Image.Image:
        octaves = (Image.effect_noise((side, side), 60).resize((SIDE, SIDE)) for side in sides)
        return reduce(lambda coarse, fine: Image.blend(coarse, fine, 0.4), octaves)

    # Repeat tiles of the finest noise, which takes the longest to generate.
    grain, tile = Image.new("L", (SIDE, SIDE)), Image.effect_noise((2000, 2000), 60)
    for left, top in product(range(0, SIDE, tile.width), repeat=2):
        grain.paste(tile, (left, top))
    return Image.merge("YCbCr", [Image.blend(channel(32, 500), grain, 0.4), channel(32), channel(32)])


def test_the_largest_photos_are_scaled_within_the_functions_memory(tmp_path: Path) -> None:
    photo, bomb = tmp_path / "photo.jpg", tmp_path / "bomb.jpg"
    noisy_photo().save(photo, quality=93)
    assert 30_000_000 < photo.stat().st_size < 50_000_000
    # Decoders keep all coefficients of a progressive image: 600 MB for a file of one megabyte.
    Image.new("RGB", (10_000, 10_000), (90, 120, 40)).save(bomb, progressive=True, subsampling=0)
    sizes, megabytes = limited_process.run(MAKE, [photo, bomb], cpu_seconds=MAX_CPU_SECONDS, timeout_seconds=600)
    assert all(size > 0 for size in sizes)
    assert megabytes < MAX_MEGABYTES
