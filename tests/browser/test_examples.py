"""The examples of the guides, unchanged, in Chromium against the whole stack."""

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks import Webhook

from local import ports
from local.state import StateDirectory
from local.tokens import PAGE_OWNER
from tests import media
from tests.browser.patience import new_page, wait_until
from tests.e2e.local_stack import ROOT, LocalStack

EXAMPLES = ROOT / "examples"
START_SECONDS = 300
WEBHOOK_SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
BUILD_SECONDS = 900


@contextmanager
def served(command: list[str], folder: Path, stack: LocalStack, port: int) -> Iterator[str]:
    """Start an example's server with the stack's address and secret, and yield its URL."""
    secret = StateDirectory(stack.state).jwt_secret.read_text()
    environment = {**os.environ, "ASSETS_URL": stack.url, "ASSETS_SECRET": secret}
    environment |= {"ASSETS_WEBHOOK_SECRET": WEBHOOK_SECRET, "NEXT_TELEMETRY_DISABLED": "1"}
    process = subprocess.Popen(command, cwd=folder, env=environment)
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert process.poll() is None, f"{command} exited with status {process.returncode}"
            assert time.monotonic() < deadline, f"{command} does not answer at {url}"
            try:
                httpx.get(url, timeout=START_SECONDS)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="module")
def backend(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The FastAPI example, which serves the plain HTML example with this stack's address instead of port 8000."""
    copy = tmp_path_factory.mktemp("examples")
    for name in ("fastapi/main.py", "html/index.html"):
        text = (EXAMPLES / name).read_text()
        (copy / name).parent.mkdir()
        (copy / name).write_text(text.replace('"http://localhost:8000/', f'"{stack.url}/'))
    port = ports.free()
    command = [sys.executable, "-m", "uvicorn", "main:app", "--host", "localhost", "--port", str(port)]
    with served(command, copy / "fastapi", stack, port) as url:
        yield url


@pytest.fixture
def page(browser: Browser, backend: str) -> Iterator[Page]:
    """The plain HTML example, served by its backend."""
    opened = new_page(browser)
    opened.goto(f"{backend}/")
    yield opened
    opened.close()


@pytest.fixture
def listed(stack: LocalStack) -> Iterator[httpx.Client]:
    """An API client for the owner as whom the examples sign everyone in."""
    headers = {"Authorization": f"Bearer {stack.token(PAGE_OWNER)}"}
    with httpx.Client(base_url=f"{stack.url}/api/v2", headers=headers, timeout=120) as http:
        yield http


def choose(page: Page, name: str, content_type: str, data: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": content_type, "buffer": data})


@pytest.mark.parametrize(
    ("name", "content_type", "data", "element"),
    [("photo.jpg", "image/jpeg", media.jpeg(), "img"), ("clip.mp4", "video/mp4", media.mp4(), "video")],
)
def test_plain_html_uploads_and_shows_a_file(
    page: Page, listed: httpx.Client, name: str, content_type: str, data: bytes, element: str
) -> None:
    choose(page, name, content_type, data)
    shown = page.locator(f"#result {element}")
    expect(shown).to_be_visible()
    (newest,) = listed.get("/assets?limit=1").json()["assets"]
    assert (newest["filename"], newest["url"]) == (name, shown.get_attribute("src"))
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/?{urlencode({'name': 'Ada', 'picture': newest['url']})}")


def test_plain_html_shows_why_a_file_is_refused(page: Page) -> None:
    choose(page, "not-a.png", "image/png", media.gif())
    expect(page.locator("asset-uploader [part~=failed]")).to_contain_text("Invalid file type")


def test_plain_html_shows_that_nobody_is_signed_in(page: Page, backend: str) -> None:
    page.route(f"{backend}/assets-token", lambda route: route.fulfill(status=401))
    choose(page, "photo.png", "image/png", media.png())
    expect(page.locator("asset-uploader [part~=failed]")).to_contain_text("Sign in first")


def test_fastapi_accepts_only_avatars_uploaded_by_its_user(
    backend: str, listed: httpx.Client, stack: LocalStack
) -> None:
    image = listed.post("/upload-asset", files={"file": ("me.png", media.png(), "image/png")}).json()
    kept = httpx.put(f"{backend}/avatar", json={"asset_id": image["asset_id"]}, timeout=120)
    assert (kept.status_code, kept.json()) == (200, {"avatar_url": image["url"]})

    someone_elses = httpx.post(
        f"{stack.url}/api/v2/upload-asset",
        headers={"Authorization": f"Bearer {stack.token('mallory')}"},
        files={"file": ("not-me.png", media.png(), "image/png")},
        timeout=120,
    ).json()
    refused = httpx.put(f"{backend}/avatar", json={"asset_id": someone_elses["asset_id"]}, timeout=120)
    assert (refused.status_code, refused.json()) == (404, {"detail": "You have no such asset"})

    video = listed.post("/upload-asset", files={"file": ("me.mp4", media.mp4(), "video/mp4")}).json()
    assert httpx.put(f"{backend}/avatar", json={"asset_id": video["asset_id"]}, timeout=120).status_code == 422


def test_fastapi_accepts_only_genuine_webhooks(backend: str) -> None:
    def post(event_type: str, data: dict[str, object], secret: str) -> int:
        now, body = (
            datetime.now(tz=UTC),
            json.dumps({"type": event_type, "timestamp": "2025-11-15T12:34:56Z", "data": data}),
        )
        headers = {
            "webhook-id": "one",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("one", now, body),
        }
        return httpx.post(f"{backend}/assets-webhook", content=body, headers=headers, timeout=120).status_code

    asset = {"asset_id": "0199d1a0", "url": "https://assets.example.com/api/v2/assets/0199d1a0"}
    assert (
        post("asset.published", {"owner": "me", "asset": asset}, "whsec_" + base64.b64encode(b"forged" * 6).decode())
        == 401
    )
    assert httpx.get(f"{backend}/published", timeout=120).json() == {}
    assert post("asset.published", {"owner": "me", "asset": asset}, WEBHOOK_SECRET) == 204
    assert httpx.get(f"{backend}/published", timeout=120).json() == {asset["asset_id"]: asset["url"]}
    assert (
        post("asset.deleted", {"owner": "me", "asset_id": asset["asset_id"], "cause": "delete"}, WEBHOOK_SECRET) == 204
    )
    assert httpx.get(f"{backend}/published", timeout=120).json() == {}


@pytest.fixture(scope="module")
def nextjs(stack: LocalStack) -> Iterator[str]:
    """The Next.js example, built and started as in production. `make test-browser` has installed its packages."""
    folder, npx = EXAMPLES / "nextjs", shutil.which("npx")
    assert npx, "npx must be on the PATH: the tests need Node.js 20 or later"
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1"}
    built = subprocess.run(
        [npx, "next", "build"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    port = ports.free()
    node = shutil.which("node") or "node"
    with served([node, "node_modules/next/dist/bin/next", "start", "--port", str(port)], folder, stack, port) as url:
        yield url


def test_nextjs_uploads_with_a_token_from_its_route(browser: Browser, nextjs: str, listed: httpx.Client) -> None:
    page = new_page(browser)
    page.goto(nextjs)
    # A file chosen before React has hydrated, and set the element's properties, is lost.
    wait_until(page, "Boolean(document.querySelector('asset-uploader')?.getToken)")
    clip = media.padded_mp4(5 * 1024 * 1024)  # too large for one request
    page.set_input_files("input[type=file]", {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": clip})
    expect(page.get_by_role("status")).to_have_text("clip.mp4 is uploaded")
    expect(page.locator("video")).to_be_visible()
    (newest,) = listed.get("/assets?limit=1").json()["assets"]
    assert newest["filename"] == "clip.mp4"
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/?{urlencode({'picture': newest['url']})}")
    page.close()
