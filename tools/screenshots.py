"""`python -m tools.screenshots URL`: take screenshots of the page for docs/images, from an empty local stack at URL."""

import io
import math
import random
import sys
import tempfile
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, chromium_path

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
WIDTH, HEIGHT = 1600, 1200
Color = tuple[int, int, int]


class Scene(NamedTuple):
    filename: str
    zenith: Color
    horizon: Color
    hills: tuple[Color, ...]
    """Hill colors, from far to near."""
    sun: float
    """The sun's distance from the top, from 0 to 1."""


SCENES = (
    Scene("harbour-at-dawn.jpg", (38, 60, 108), (250, 176, 130), ((96, 92, 130), (62, 62, 98), (34, 36, 62)), 0.46),
    Scene("north-ridge.png", (120, 186, 226), (232, 242, 246), ((142, 176, 178), (78, 128, 118), (36, 84, 74)), 0.25),
    Scene("dunes.webp", (92, 148, 196), (252, 226, 178), ((230, 180, 120), (206, 144, 84), (168, 104, 58)), 0.32),
    Scene("last-light.jpg", (24, 22, 58), (214, 84, 96), ((108, 44, 86), (66, 28, 66), (30, 14, 40)), 0.5),
    Scene("mist.jpg", (196, 206, 212), (238, 236, 226), ((186, 196, 196), (140, 156, 156), (88, 108, 108)), 0.3),
    Scene("lagoon.png", (36, 130, 168), (208, 240, 228), ((96, 170, 160), (40, 128, 130), (18, 82, 96)), 0.28),
    Scene("first-frost.jpg", (88, 108, 150), (234, 220, 232), ((176, 176, 206), (128, 132, 174), (84, 90, 134)), 0.4),
    Scene("orchard.webp", (146, 196, 210), (250, 238, 208), ((186, 196, 120), (134, 158, 84), (82, 112, 60)), 0.22),
)


def drawn(scene: Scene, seed: int) -> Image.Image:
    rolls = random.Random(seed)  # noqa: S311 - scenery
    sky = Image.new("RGB", (1, HEIGHT))
    for row in range(HEIGHT):
        share = min(1.0, row / (HEIGHT * 0.72))
        red, green, blue = (round(a + (b - a) * share) for a, b in zip(scene.zenith, scene.horizon, strict=True))
        sky.putpixel((0, row), (red, green, blue))
    picture = sky.resize((WIDTH, HEIGHT))
    x, y, radius = WIDTH * rolls.uniform(0.2, 0.8), HEIGHT * scene.sun, 70
    disc = Image.new("L", (WIDTH, HEIGHT))
    ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), fill=235)
    picture.paste((255, 246, 222), mask=disc.filter(ImageFilter.GaussianBlur(4)))
    for layer, color in enumerate(scene.hills):
        waves = [(rolls.uniform(60, 140) / n, rolls.uniform(0.8, 1.6) * n, rolls.uniform(0, 7)) for n in (1, 2, 5)]
        line = [
            (at, HEIGHT * (0.6 + 0.13 * layer) - sum(a * math.sin(at / WIDTH * 6.3 * f + p) for a, f, p in waves) / 2)
            for at in range(0, WIDTH + 8, 8)
        ]
        ImageDraw.Draw(picture).polygon([*line, (WIDTH, HEIGHT), (0, HEIGHT)], fill=color)
    return picture


def main(url: str) -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        files = [Path(folder) / scene.filename for scene in SCENES]
        for seed, (path, scene) in enumerate(zip(files, SCENES, strict=True)):
            drawn(scene, seed).save(path)
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1120, "height": 720})
        page.goto(url)
        page.locator("#workspace").wait_for()
        for count, path in enumerate(files, 1):  # one at a time, so that they are listed in this order
            page.set_input_files("#uploader input", path)
            page.locator("#gallery img").nth(count - 1).wait_for()
        page.goto(url)
        page.locator("#gallery img").nth(len(files) - 1).wait_for()
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_load_state("networkidle")
            picture = Image.open(io.BytesIO(page.screenshot()))
            picture.save(IMAGES / f"page-{scheme}.webp", quality=82, method=6)
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1])
