"""The page in a separate browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from tests.browser.patience import PATIENCE_MS
from tests.e2e.client import Caller
from tests.e2e.local_stack import LocalStack


@pytest.fixture
def context(browser: Browser, stack: LocalStack) -> Iterator[BrowserContext]:
    """A separate browser, which fails the test if the page makes foreign requests or violates its policy."""
    complaints: list[str] = []
    with browser.new_context(base_url=stack.url) as made:
        made.set_default_timeout(PATIENCE_MS)
        made.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)

        def look_at_line(line: ConsoleMessage) -> None:
            if "Content Security Policy" in line.text:
                complaints.append(line.text)

        def look_at_request(request: Request) -> None:
            if not request.url.startswith((stack.url, "blob:", "data:")):
                complaints.append(f"request to another host: {request.url}")

        made.on("console", look_at_line)
        made.on("request", look_at_request)
        made.on("weberror", lambda raised: complaints.append(str(raised.error)))
        yield made
    assert complaints == []


@pytest.fixture
def signed_in(context: BrowserContext, alice: Caller) -> Page:
    """The page, signed in as alice."""
    context.add_init_script(f"if (location.pathname === '/') sessionStorage.setItem('token', {alice.token!r})")
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", name="Your files")).to_be_visible()
    return page
