"""Published files never run in a browser: polyglots in a real Chromium, embedded in every way.

A file that runs fetches a URL of the hostile page's server. First each is shown to run if served as its other type;
then, served unchanged by the service, nothing may be fetched. The headers make the difference.
"""

from collections.abc import Iterable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Error, Page

from tests.browser.hostile_page import EMBED, HostilePage, hostile_page
from tests.browser.patience import PATIENCE_MS
from tests.corpus.polyglots import ACTIVE
from tests.e2e.client import someone
from tests.e2e.local_stack import LocalStack

# Elements that refuse everything except code, and elements that show anything.
TAKES_CODE = ("script", "script latin1", "module", "style", "worker", "imported")
FRAMES = ("iframe", "object", "embed")
# How each kind runs if nothing prevents it.
CONTROL = {"text/javascript": "script latin1", "text/css": "style", "text/html": "iframe"}

every_polyglot = pytest.mark.parametrize("name", ACTIVE)


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostilePage]:
    with hostile_page() as page:
        yield page


@pytest.fixture(scope="module")
def published(stack: LocalStack, hostile: HostilePage) -> dict[str, str]:
    """Public URLs of the polyglots."""
    urls = {}
    with httpx.Client(base_url=stack.url, timeout=120) as http:
        for number, (name, active) in enumerate(ACTIVE.items()):
            data = active.make(hostile.beacon(f"served-{number}"))
            urls[name] = str(someone(stack, http).uploaded(f"file.{active.extension}", data)["url"])
            # Without removable metadata, it is served with its active part.
            assert http.get(urls[name]).content == data
    return urls


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def embedded(page: Page, ways: Iterable[str], url: str) -> dict[str, str]:
    """Load `url` into the page in every way, and return the outcomes."""
    ends: dict[str, str] = page.evaluate(EMBED, [list(ways), url])
    return ends


def ran_as_served(page: Page, hostile: HostilePage) -> set[str]:
    """Return the files that have run by the time the browser has fetched another page from the same server."""
    page.context.new_page().goto(hostile.url)
    return {ran for ran in hostile.ran if ran.startswith("served")}


@every_polyglot
def test_control_a_polyglot_runs_if_served_as_its_other_type(name: str, page: Page, hostile: HostilePage) -> None:
    """Control: otherwise the tests below would pass for any file."""
    active = ACTIVE[name]
    control = f"control-{list(ACTIVE).index(name)}"
    hostile.files[control] = (active.runs_as, active.make(hostile.beacon(control)))
    page.goto(hostile.url)
    with page.expect_request(hostile.beacon(control)):
        embedded(page, [CONTROL[active.runs_as.partition(";")[0]]], hostile.url + control)


@every_polyglot
def test_a_page_of_another_origin_cannot_run_it(
    name: str, page: Page, hostile: HostilePage, published: dict[str, str]
) -> None:
    page.goto(hostile.url)
    ends = embedded(page, [*TAKES_CODE, *FRAMES], published[name])
    assert {way: ends[way] for way in TAKES_CODE} == dict.fromkeys(TAKES_CODE, "error")
    assert ran_as_served(page, hostile) == set()


@every_polyglot
def test_a_page_of_the_same_origin_cannot_run_it(
    name: str, page: Page, hostile: HostilePage, stack: LocalStack, published: dict[str, str]
) -> None:
    page.goto(f"{stack.url}/api/v2/health")
    takes_code = [*TAKES_CODE, "service worker"]
    ends = embedded(page, [*takes_code, *FRAMES], published[name])
    assert {way: ends[way] for way in takes_code} == dict.fromkeys(takes_code, "error")
    assert ran_as_served(page, hostile) == set()


@every_polyglot
def test_opening_it_runs_nothing(name: str, page: Page, hostile: HostilePage, published: dict[str, str]) -> None:
    if ACTIVE[name].extension == "mov":  # Chromium does not play it, but saves it
        with page.expect_download(), pytest.raises(Error, match="Download is starting"):
            page.goto(published[name])
    else:
        response = page.goto(published[name])
        assert response is not None
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-type"].startswith(("image/", "video/"))
    assert ran_as_served(page, hostile) == set()


@pytest.mark.parametrize("name", [name for name, active in ACTIVE.items() if active.extension not in ("mp4", "mov")])
def test_a_page_of_another_origin_can_show_it(
    name: str, page: Page, hostile: HostilePage, published: dict[str, str]
) -> None:
    page.goto(hostile.url)
    assert embedded(page, ["img"], published[name]) == {"img": "load"}
