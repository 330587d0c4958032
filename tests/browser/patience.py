"""Limits for everything that a browser is waited for."""

from typing import Any

from playwright.sync_api import Browser, Page

# Bounds a hang: Playwright's own 5 and 30 seconds are few for a machine that runs other tests at the same time.
PATIENCE_MS = 120_000


def new_page(browser: Browser, **options: Any) -> Page:
    """Open a page in a context of its own, as `Browser.new_page` does."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE_MS)
    return page
