"""The weight of a gallery in a phone-sized browser: requests and bytes, because seconds depend on the machine."""

import io
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.patience import PATIENCE_MS
from tests.e2e.client import Caller
from tests.e2e.local_stack import LocalStack

PHOTOS = 60
UPLOADED = 10
PHONE = {"width": 390, "height": 844}
FIRST_SCREEN_BYTES = 300_000
GALLERY_BYTES = 1_500_000
# Uncompressed bytes before the largest picture of the first screen. Other pictures load in parallel.
LARGEST_PAINT_BYTES = 150_000
LARGEST_PAINT_REQUESTS = 50
# The page reports its largest paints, and the bytes received by the last of them.
LARGEST_PAINT = """() => new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("no picture was the largest paint")), 120_000);
  new PerformanceObserver((list) => {
    const { element, url, loadTime } = list.getEntries().at(-1);
    if (element?.tagName !== "IMG") return;
    const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const before = entries.filter(({ responseEnd }) => responseEnd <= loadTime);
    resolve({ url, before: before.map(({ name, encodedBodySize }) => [name, encodedBodySize]) });
  }).observe({ type: "largest-contentful-paint", buffered: true });
})"""


def photo() -> bytes:
    """Make a JPEG of 12 megapixels and about 3 MB, with detail at every scale like a photo."""
    size = (4000, 3000)

    def channel(*scales: int) -> Image.Image:
        noise = (Image.effect_noise((size[0] // scale, size[1] // scale), 60) for scale in scales)
        octaves = (each.resize(size, Image.Resampling.BILINEAR) for each in noise)
        return reduce(lambda coarse, fine: Image.blend(coarse, fine, 0.2), octaves)

    made = io.BytesIO()
    channels = [channel(1000, 250, 60, 16, 4), channel(1000, 250), channel(1000, 250)]
    Image.merge("YCbCr", channels).save(made, "JPEG", quality=92)
    return made.getvalue()


def spellings(asset: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """List an asset under different URLs, which caches keep apart: ids are case-insensitive."""
    asset_id = asset["asset_id"]
    letters = [place for place, character in enumerate(asset_id) if character.isalpha()]
    for number in range(count):
        upper = {place for bit, place in enumerate(letters) if number >> bit & 1}
        spelled = "".join(each.upper() if place in upper else each for place, each in enumerate(asset_id))
        renamed = {name: asset[name].replace(asset_id, spelled) for name in ("url", "thumbnail_url", "asset_id")}
        yield {**asset, **renamed}


@pytest.fixture(scope="module")
def content() -> bytes:
    made = photo()
    assert 2_000_000 < len(made) < 4_000_000
    return made


@pytest.fixture
def phone(browser: Browser, stack: LocalStack, alice: Caller) -> Iterator[BrowserContext]:
    options: dict[str, Any] = {"viewport": PHONE, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    with browser.new_context(base_url=stack.url, **options) as context:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(f"sessionStorage.setItem('token', {alice.token!r})")
        yield context


class Received:
    """Count the bytes of pictures that a page receives."""

    def __init__(self, page: Page) -> None:
        self.bytes = self.pictures = 0
        self._picture_requests: set[str] = set()
        session = page.context.new_cdp_session(page)
        session.on("Network.responseReceived", self._responded)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def _responded(self, event: dict[str, Any]) -> None:
        if event["type"] == "Image" and "/assets/" in event["response"]["url"]:
            assert event["response"]["status"] == 200, event["response"]
            self._picture_requests.add(event["requestId"])

    def _finished(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self._picture_requests:
            self.bytes += int(event["encodedDataLength"])
            self.pictures += 1


def test_the_largest_paint_needs_one_list_and_few_bytes(phone: BrowserContext, alice: Caller, content: bytes) -> None:
    """A phone then waits for four round trips: the page, all modules, one list, the pictures."""
    alice.uploaded("photo.jpg", content)
    (asset,) = alice.list_assets().json()["assets"]
    listed = {"success": True, "assets": list(spellings(asset, 24)), "limit": 24, "offset": 0, "next_cursor": None}
    phone.route("**/api/v2/assets?*", lambda route: route.fulfill(json=listed))
    page = phone.new_page()
    page.goto("/")
    painted = page.evaluate(LARGEST_PAINT)
    assert "/w320.webp" in painted["url"]
    before = painted["before"]
    first_picture = next(number for number, (url, _) in enumerate(before) if url.endswith("/w320.webp"))
    requests = [
        url.partition("/api/v2/")[2] for url, _ in before[:first_picture] if "/api/v2/" in url or "/local/" in url
    ]
    assert requests == ["assets?limit=24"]
    assert len(before) <= LARGEST_PAINT_REQUESTS
    needed = [size for url, size in before if url == painted["url"] or not url.endswith("/w320.webp")]
    assert sum(needed) < LARGEST_PAINT_BYTES


def test_a_gallery_of_60_photos_is_light(phone: BrowserContext, alice: Caller, content: bytes) -> None:
    for number in range(UPLOADED):
        alice.uploaded(f"photo-{number}.jpg", content)
    listed = alice.list_assets().json()["assets"]
    assets = [each for asset in listed for each in spellings(asset, PHOTOS // UPLOADED)]

    def page_of(route: Route) -> None:
        start = int((route.request.url.partition("cursor=")[2] or "0").partition("&")[0])
        following = str(start + 24) if start + 24 < PHOTOS else None
        shown = assets[start : start + 24]
        route.fulfill(json={"success": True, "assets": shown, "limit": 24, "offset": 0, "next_cursor": following})

    phone.route("**/api/v2/assets?*", page_of)
    page = phone.new_page()
    received = Received(page)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    first_screen = received.bytes
    cards = page.locator("#gallery .card")
    while cards.count() < PHOTOS or received.pictures < PHOTOS:
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(100)
    page.wait_for_load_state("networkidle")
    expect(cards).to_have_count(PHOTOS)
    assert first_screen < FIRST_SCREEN_BYTES
    assert received.bytes < GALLERY_BYTES
