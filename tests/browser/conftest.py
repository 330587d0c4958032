"""One stack and one Chromium for all tests in a browser."""

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.patience import PATIENCE_MS
from tests.e2e.client import Caller, someone
from tests.e2e.failures import pytest_runtest_makereport
from tests.e2e.local_stack import LocalStack, local_stack

__all__ = ["pytest_runtest_makereport"]

# A foreign name that resolves to this machine.
REBOUND_HOST = "rebound.example"
FLAGS = [
    f"--host-resolver-rules=MAP {REBOUND_HOST} 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def chromium_path() -> str | None:
    """The system's Chromium; None for the one installed by `playwright install`."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with local_stack(tmp_path_factory.mktemp("stack")) as started:
        started.start()
        yield started


@pytest.fixture
def alice(stack: LocalStack) -> Iterator[Caller]:
    """A new owner for this test."""
    with httpx.Client(base_url=stack.url, timeout=120) as http:
        yield someone(stack, http)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=FLAGS,
        )
        yield chromium
        chromium.close()
