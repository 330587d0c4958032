"""A page of another origin cannot reach the emulator from a real Chromium, whatever signature it sends."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from local.stack import NAME
from tests import media
from tests.browser.conftest import FLAGS, chromium_path
from tests.browser.hostile_page import HostilePage, hostile_page
from tests.browser.patience import PATIENCE_MS
from tests.e2e.client import Caller
from tests.e2e.emulated_aws import client
from tests.e2e.local_stack import LocalStack

FUNCTION = f"{NAME}-generate"
# Send a request in every way available to a page, and resolve to what the page could read of each response.
ATTACK = """
async ({ url, method, body, signatures }) => {
  const read = async (request) => {
    try {
      const response = await fetch(url, { method, body, ...request });
      return response.type === 'opaque' ? 'opaque' : `${response.status} ${await response.text()}`;
    } catch (error) {
      return error.name;
    }
  };
  const ends = [await read({ mode: 'no-cors', credentials: 'include' })];
  for (const headers of signatures) ends.push(await read({ headers }));
  if (method === 'POST') {
    navigator.sendBeacon(url, body ?? '');
    const frame = Object.assign(document.createElement('iframe'), { name: 'hidden' });
    const form = Object.assign(document.createElement('form'), {
      method, action: url, enctype: 'text/plain', target: 'hidden',
    });
    form.append(Object.assign(document.createElement('input'), { name: body ?? '', value: '' }));
    document.body.append(frame, form);
    const loaded = new Promise((resolve) => { frame.onload = resolve; setTimeout(resolve, 2000); });
    form.submit();
    await loaded;
  }
  return ends;
}
"""
CREATE = (
    '{"FunctionName": "evil", "Runtime": "python3.13", "Role": "arn:aws:iam::000000000000:role/evil",'
    ' "Handler": "app.handler", "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}}'
)


@pytest.fixture
def hostile() -> Iterator[HostilePage]:
    with hostile_page() as page:
        yield page


@pytest.fixture
def page(browser: Browser, hostile: HostilePage) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(hostile.url)
        yield page


def signatures(stack: LocalStack) -> list[dict[str, str]]:
    """Make headers with a forged signature for each possible root key, including the real one."""
    scope = "20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00"
    ids = ("test", "000000000000", stack.root_key.access_key_id)
    return [{"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/{scope}"} for key in ids]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/2015-03-31/functions/{FUNCTION}/configuration", None),
        ("GET", "/", None),
        ("GET", f"/_ministack/lambda-code/{FUNCTION}", None),
        ("POST", "/2015-03-31/functions", CREATE),
        ("POST", f"/2015-03-31/functions/{FUNCTION}/invocations", "{}"),
        ("POST", "/_ministack/reset", None),
    ],
)
def test_another_origin_can_neither_read_nor_change_anything(
    method: str, path: str, body: str | None, stack: LocalStack, alice: Caller, page: Page
) -> None:
    asset = alice.uploaded("image.png", media.png())
    before = state_of(stack)
    for address in (stack.emulator_url, stack.url):
        attack = {"url": f"{address}{path}", "method": method, "body": body, "signatures": signatures(stack)}
        ends: list[str] = page.evaluate(ATTACK, attack)
        # The front door is a public API: a page may read its 404s and the web page.
        is_public = (address, path) == (stack.url, "/")
        assert is_public or [end for end in ends if end not in ("opaque", "TypeError") and not is_refusal(end)] == []
        assert not any(FUNCTION in end for end in ends)
    assert state_of(stack) == before
    assert alice.get(asset["asset_id"]).content == media.png()


def is_refusal(end: str) -> bool:
    return end.startswith(("403 ", "404 ")) and FUNCTION not in end


def state_of(stack: LocalStack) -> list[Any]:
    """Return all functions, and the number of invocations of the attacked one."""
    functions = client(stack, "lambda").list_functions()["Functions"]
    streams = client(stack, "logs").filter_log_events(logGroupName=f"/aws/lambda/{FUNCTION}")["events"]
    return [sorted(function["FunctionName"] for function in functions), len(streams)]


def test_a_rebound_host_name_is_refused(stack: LocalStack, browser: Browser) -> None:
    # DNS rebinding: page and emulator have the same origin in the browser, without preflight or CORS.
    origin = f"http://evil.example:{stack.emulator_port}"
    rebound = [*FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"]
    with browser.browser_type.launch(executable_path=chromium_path(), args=rebound) as rebinding:
        page = rebinding.new_page()
        # The refusal is also a document of this origin. A page of a public address could not fetch anything from here.
        page.goto(origin)
        for path in ("/_ministack/health", "/", f"/2015-03-31/functions/{FUNCTION}/configuration"):
            attack = {"url": path, "method": "GET", "body": None, "signatures": signatures(stack)}
            ends: list[str] = page.evaluate(ATTACK, attack)
            assert [end.partition(" ")[0] for end in ends] == ["403"] * len(ends)
