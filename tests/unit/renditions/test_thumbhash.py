"""ThumbHashes, byte for byte those of their author's npm package `thumbhash`."""

import base64
import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from asset_api.renditions import thumbhash
from tests import media

PEER = Path(__file__).parent / "thumbhash_js"
Pixels = tuple[int, int, bytes]


def photographs() -> Iterator[Pixels]:
    """Make pictures of any shape, with and without transparency."""
    for width, height in ((64, 48), (48, 64), (64, 64), (100, 1), (1, 100), (3, 64), (1, 1)):
        picture = media.picture(width, height, "RGBA")
        yield width, height, picture.tobytes()
        picture.putalpha(Image.radial_gradient("L").resize((width, height)))
        yield width, height, picture.tobytes()


def noise() -> Iterator[Pixels]:
    source = random.Random(7)
    for _ in range(15):
        width, height = source.randint(1, 60), source.randint(1, 60)
        rgba = source.randbytes(width * height * 4)
        yield width, height, rgba
        yield width, height, b"".join(rgba[at : at + 3] + b"\xff" for at in range(0, len(rgba), 4))


def test_matches_the_npm_package(tmp_path: Path) -> None:
    images = [*photographs(), *noise()]
    (tmp_path / "images.json").write_text(
        json.dumps([[w, h, base64.b64encode(rgba).decode()] for w, h, rgba in images])
    )
    peer = subprocess.run(
        ["node", PEER / "encode.mjs", tmp_path / "images.json"], check=True, capture_output=True, text=True
    )
    ours = [base64.b64encode(thumbhash.encode(*each)).decode() for each in images]
    assert ours == json.loads(peer.stdout)


def test_has_about_25_bytes() -> None:
    lengths = [len(thumbhash.encode(*each)) for each in photographs()]
    assert min(lengths) >= 13
    assert max(lengths) <= 30


def test_a_fully_transparent_image_has_one() -> None:
    assert thumbhash.encode(2, 2, bytes(16))
