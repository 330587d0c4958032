"""A page of another origin, in Chromium: with a token it may use the whole API, and nothing else of the stack."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import media
from tests.browser.conftest import REBOUND_HOST
from tests.browser.hostile_page import hostile_page
from tests.browser.patience import new_page
from tests.e2e.client import Caller
from tests.e2e.local_stack import LocalStack

IMAGE = media.png()
USE_THE_API = """
async ([api, token, image]) => {
  const authorization = { Authorization: `Bearer ${token}` };
  const json = { ...authorization, "Content-Type": "application/json", "Idempotency-Key": "from-another-origin" };
  const bytes = new Uint8Array(image);
  const requested = await fetch(`${api}/api/v2/upload-asset`, {
    method: "POST", headers: json, body: JSON.stringify({ filename: "image.png", size_bytes: bytes.length }),
  });
  const { asset_id, upload } = await requested.json();
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append("file", new Blob([bytes], { type: "image/png" }));
  const posted = await fetch(upload.url, { method: "POST", body: form });
  const path = `${api}/api/v2/assets/${asset_id}`;
  const completed = await fetch(`${path}/complete`, { method: "POST", headers: authorization });
  const metadata = await (await fetch(`${path}/metadata`, { headers: authorization })).json();
  const served = await fetch(path);
  const ids = async () => {
    const list = await fetch(`${api}/api/v2/assets`, { headers: authorization });
    return (await list.json()).assets.map((asset) => asset.asset_id);
  };
  const before = await ids();
  const deleted = await fetch(path, { method: "DELETE", headers: authorization });
  const refused = await fetch(`${api}/api/v2/assets`, { headers: { Authorization: "Bearer nobody" } });
  return {
    asset_id, before, metadata,
    requested: [requested.status, requested.headers.get("Location"), requested.headers.get("RateLimit")],
    posted: [posted.status, posted.headers.get("ETag"), posted.headers.get("Location")],
    completed: completed.status,
    served: [served.status, served.headers.get("ETag"), (await served.arrayBuffer()).byteLength],
    deleted: [deleted.status, (await deleted.json()).success],
    after: await ids(),
    refused: [refused.status, (await refused.json()).detail],
  };
}
"""
ATTACK = """
async (url) => {
  const tries = {
    'no cors': () => fetch(url, { method: 'POST', mode: 'no-cors' }),
    'simple': () => fetch(url, { method: 'POST', body: 'x' }),
    'preflighted': () => fetch(url, { method: 'DELETE', headers: { 'X-Amz-Target': 'x' } }),
    'form': () => new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'frame' });
      const form = Object.assign(document.createElement('form'), { method: 'POST', action: url, target: 'frame' });
      document.body.append(frame, form);
      frame.onload = resolve;
      form.submit();
      setTimeout(resolve, 2000);
    }),
  };
  for (const send of Object.values(tries)) await Promise.resolve(send()).catch(() => null);
}
"""
READ = "(url) => fetch(url).then((response) => response.text(), () => 'refused')"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page of another site: 127.0.0.1 is not the same site as localhost."""
    with hostile_page() as site:
        opened = new_page(browser)
        opened.goto(site.url)
        yield opened
        opened.close()


def test_another_origin_can_upload_list_read_and_delete(page: Page, stack: LocalStack, alice: Caller) -> None:
    done: dict[str, Any] = page.evaluate(USE_THE_API, [stack.url, alice.token, list(IMAGE)])
    asset_id = done["asset_id"]
    assert done["requested"][:2] == [201, f"{stack.url}/api/v2/assets/{asset_id}"]
    assert done["requested"][2]
    assert done["posted"][0] == 201
    assert all(done["posted"][1:])
    assert done["completed"] == 201
    assert done["metadata"]["asset_id"] == asset_id
    status, etag, size = done["served"]
    assert (status, size) == (200, len(IMAGE))
    assert etag
    assert done["before"] == [asset_id]
    assert done["deleted"] == [200, True]
    assert done["after"] == []
    assert done["refused"] == [401, "Invalid or expired token"]


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/2015-03-31/functions/x/invocations"])
def test_another_origin_cannot_reset_or_run_anything(path: str, page: Page, stack: LocalStack, alice: Caller) -> None:
    asset_id = alice.uploaded("image.png", IMAGE)["asset_id"]
    page.evaluate(ATTACK, f"{stack.url}{path}")
    assert alice.listed_ids() == [asset_id]
    assert alice.get(asset_id).content == IMAGE


def test_another_origin_gets_no_token(page: Page, stack: LocalStack) -> None:
    assert page.evaluate(READ, f"{stack.url}/api/v2/health") == '{"success": true, "status": "ok"}'
    assert ":problem:not-found" in page.evaluate(READ, f"{stack.url}/local/token")


@pytest.mark.parametrize("path", ["/", "/local/token", "/api/v2/health"])
def test_a_rebound_host_name_is_not_served(path: str, browser: Browser, stack: LocalStack) -> None:
    """DNS rebinding: the browser considers the local stack part of the attacker's site."""
    opened = new_page(browser)
    response = opened.goto(f"http://{REBOUND_HOST}:{stack.url.rpartition(':')[2]}{path}")
    assert response is not None
    assert response.status == 421
    opened.close()
