"""The JavaScript client with XMLHttpRequest, in Chromium against the whole stack."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from local.stack import NAME
from tests import media
from tests.browser.patience import new_page
from tests.e2e.client import Caller
from tests.e2e.local_stack import LocalStack

SOURCES = Path(__file__).parents[2] / "clients" / "js" / "src"
MIB = 1024 * 1024
# Slow enough to abort an upload long before its end.
SLOW_BYTES_A_SECOND = MIB // 2
CLIP = media.padded_mp4(6 * MIB)
IMAGE = media.png()
UPLOAD = """
async ([token, name, abortAt]) => {
  const { AssetClient } = await import("/client/index.js");
  const data = await (await fetch(`/samples/${name}`)).blob();
  const controller = new AbortController();
  const loaded = [];
  const onProgress = (progress) => {
    loaded.push(progress.loaded);
    if (abortAt && progress.loaded >= abortAt) controller.abort();
  };
  const client = new AssetClient("", token);
  const upload = client.upload(data, { filename: name, onProgress, signal: controller.signal });
  const { asset_id, name: error, status } = await upload.catch((error) => error);
  return { asset_id, error, status, loaded };
}
"""


@pytest.fixture
def page(browser: Browser, stack: LocalStack) -> Iterator[Page]:
    """A page of the API's host that can import the client."""
    opened = new_page(browser, bypass_csp=True)
    opened.route(f"{stack.url}/client/*", lambda route: route.fulfill(path=SOURCES / last_part(route)))
    opened.route(f"{stack.url}/samples/*", sample)
    opened.goto(f"{stack.url}/api/v2/health")
    yield opened
    opened.close()


def last_part(route: Route) -> str:
    return route.request.url.rpartition("/")[2]


def sample(route: Route) -> None:
    route.fulfill(body=CLIP if last_part(route).endswith(".mp4") else IMAGE)


def uploaded(page: Page, token: str | None, name: str, *, abort_at: int = 0) -> dict[str, Any]:
    response: dict[str, Any] = page.evaluate(UPLOAD, [token, name, abort_at])
    return response


@pytest.mark.parametrize(("name", "data"), [("image.png", IMAGE), ("clip.mp4", CLIP)])
def test_a_browser_uploads_in_one_request_and_by_form(name: str, data: bytes, page: Page, alice: Caller) -> None:
    response = uploaded(page, alice.token, name)
    assert alice.listed_ids() == [response["asset_id"]]
    assert alice.get(response["asset_id"]).content == data
    assert (response["loaded"][0], response["loaded"][-1]) == (0, len(data))


def test_a_browser_reports_upload_progress_and_stops_sending_when_aborted(page: Page, alice: Caller) -> None:
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_A_SECOND}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    response = uploaded(page, alice.token, "clip.mp4", abort_at=1)
    assert response["error"] == "AbortError"
    assert response["loaded"] == sorted(response["loaded"])
    assert 0 < max(response["loaded"]) < len(CLIP)
    assert alice.listed_ids() == []


def test_a_browser_retries_after_a_lost_connection(page: Page, stack: LocalStack, alice: Caller) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        route.abort("connectionreset")

    # A form post to the bucket, whose name begins with the stack's.
    page.route(f"{stack.url}/{NAME}-*", lose, times=1)
    response = uploaded(page, alice.token, "clip.mp4")
    assert len(lost) == 1
    assert alice.get(response["asset_id"]).content == CLIP


def test_a_browser_reports_why_a_token_is_refused(page: Page) -> None:
    response = uploaded(page, "none", "image.png")
    assert (response["error"], response["status"]) == ("AssetApiError", 401)
