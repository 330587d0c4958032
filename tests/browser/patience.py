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


def wait_until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression is true.

    Playwright's `wait_for_function` evaluates its text in the page, which a Content-Security-Policy forbids, unless the
    first evaluation is true.
    """
    page.evaluate(
        f"""milliseconds => new Promise((resolve, reject) => {{
          const end = Date.now() + milliseconds;
          const check = () => {{
            if ({condition}) resolve();
            else if (Date.now() > end) reject(new Error("not true in time"));
            else setTimeout(check, 50);
          }};
          check();
        }})""",
        PATIENCE_MS,
    )
