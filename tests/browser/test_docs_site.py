"""The documentation built by `make docs`, as served by a static host."""

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from local import ports
from tests import media
from tests.browser.patience import new_page
from tests.e2e.client import Caller
from tests.e2e.local_stack import ROOT, LocalStack

SITE = ROOT / ".docs"
# All except a redirecting page and examples to download.
NAMES = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html")} - {"index.html"}
PAGES = sorted(name for name in NAMES if not name.startswith("_downloads/"))
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    assert (SITE / "docs" / "index.html").exists(), "`make docs` builds it"
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page as wide as a phone."""
    opened = new_page(browser, viewport=PHONE)
    yield opened
    opened.close()


def faults(page: Page, site: str) -> list[str]:
    """Record errors, policy violations and requests to other hosts from now on."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith((site, "data:", "blob:")) else found.append(request.url),
    )
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
    return found


def test_every_page_fits_a_phone_and_obeys_its_policy(page: Page, site: str) -> None:
    found = faults(page, site)
    assert len(PAGES) > 40
    too_wide = []
    for name in PAGES:
        page.goto(f"{site}/{name}")
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            too_wide.append(name)
    assert (too_wide, found) == ([], [])


def test_diagrams_are_rendered(page: Page, site: str) -> None:
    found = faults(page, site)
    for name, count in (("README.html", 1), ("docs/architecture.html", 2), ("docs/performance.html", 1)):
        page.goto(f"{site}/{name}")
        expect(page.locator(".diagram > svg")).to_have_count(count)
    assert found == []


def test_a_chosen_color_scheme_is_kept(page: Page, site: str) -> None:
    page.goto(f"{site}/docs/index.html")
    page.locator(".theme-toggle-header .theme-toggle, .theme-toggle").first.click()
    chosen = page.evaluate("document.body.dataset.theme")
    assert chosen in {"light", "dark"}
    page.reload()
    assert page.evaluate("document.body.dataset.theme") == chosen


def test_search_finds_an_error_by_its_text(page: Page, site: str) -> None:
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.goto(f"{site}/docs/index.html")
    page.get_by_placeholder("Search").fill("Checksum mismatch")
    page.keyboard.press("Enter")
    expect(page.locator("#search-results a").filter(has_text="Troubleshooting").first).to_be_visible()


@pytest.mark.parametrize(
    ("words", "guide"),
    [
        ("GDPR", "guides/organize"),
        ("delete user data", "guides/organize"),
        ("limit uploads", "guides/organize"),
        ("CORS", "guides/sign-in"),
        ("2 GB", "large-files"),
        ("private", "guides/private-assets"),
    ],
)
def test_search_shows_the_guide_first(page: Page, site: str, words: str, guide: str) -> None:
    page.goto(f"{site}/search.html?q={quote_plus(words)}")
    first = page.locator("#search-results li a").first
    expect(first).to_have_attribute("href", f"docs/{guide}.html")


@pytest.mark.parametrize("width", [PHONE["width"], DESKTOP["width"]])
def test_the_api_reference_shows_samples_in_three_languages(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    found = faults(page, site)
    page.goto(f"{site}/docs/reference/api.html#tag/assets/POST/api/v2/upload-asset")
    operation = page.locator("section[id$='tag/assets/POST/api/v2/upload-asset']").first
    expect(operation).to_be_visible()
    expect(operation).to_contain_text("-F file=@photo.jpg")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert found == []


def test_the_uploader_demos_simulate_until_connected(page: Page, site: str, stack: LocalStack, alice: Caller) -> None:
    found = faults(page, site)
    page.goto(f"{site}/docs/uploader.html")
    in_form = page.locator("#demo-form")
    photo: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": media.png()}
    in_form.get_by_label("Choose a file").set_input_files([photo])
    expect(in_form.locator("output")).to_contain_text("picture=https://assets.example.com/")
    assert found == []

    connection = page.locator("#connection")
    connection.get_by_label("Token").fill(str(alice.token))
    connection.get_by_label("Deployment").fill(f"http://localhost:{ports.free()}")
    connection.get_by_role("button").click()
    expect(connection.get_by_role("status")).to_contain_text("No server answers")
    connection.get_by_label("Deployment").fill(stack.url)
    connection.get_by_role("button").click()
    expect(connection.get_by_role("status")).to_contain_text("Connected")
    in_form.get_by_label("Choose a file").set_input_files([photo])
    expect(in_form.locator("output")).to_contain_text(f"picture={stack.url}/")
    assert len(alice.listed_ids()) == 1
