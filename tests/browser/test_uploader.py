"""`<asset-uploader>` in Chromium against the whole stack: in a form, by keyboard, and in every state."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, Route, expect

from tests import media
from tests.browser.page.actions import check_accessible
from tests.browser.patience import new_page, wait_until
from tests.e2e.client import Caller, someone
from tests.e2e.local_stack import LocalStack

PNG = media.png()
FORM = """<!doctype html><html lang="en"><title>Form</title>
<style>:root { color-scheme: light dark; background: Canvas; color: CanvasText }</style>
<main><h1>Form</h1><form action="/icon.svg"><input name="title" value="Me" aria-label="Title">
<asset-uploader name="photo" multiple required camera max-size="1MB"></asset-uploader>
<button>Save</button></form></main>
<script type="module" src="/client/uploader.js"></script>
<script>
  const field = document.querySelector("asset-uploader");
  const events = [];
  for (const type of ["asset-uploaded", "asset-failed", "asset-removed", "change"])
    field.addEventListener(type, () => events.push(type));
</script></html>"""
POSTED = "[...new FormData(document.forms[0])].map(([name, value]) => `${name}=${value}`)"


def png(name: str = "photo.png") -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": PNG}


@pytest.fixture(scope="module")
def shared(browser: Browser, stack: LocalStack) -> Iterator[Page]:
    opened = new_page(browser)
    opened.route(f"{stack.url}/form", lambda route: route.fulfill(content_type="text/html", body=FORM))
    yield opened
    opened.close()


@pytest.fixture
def page(shared: Page, stack: LocalStack, alice: Caller) -> Page:
    """A form with an uploader, on a page with alice's token."""
    shared.goto(f"{stack.url}/form")
    shared.evaluate("token => { field.getToken = () => token; }", alice.token)
    return shared


def choose(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Choose files").set_input_files(list(files))


def row(page: Page, name: str) -> Locator:
    return page.locator("asset-uploader [part~=item]").filter(has_text=name)


def is_valid(page: Page) -> bool:
    return bool(page.evaluate("document.forms[0].checkValidity()"))


def test_a_form_posts_the_urls_of_its_uploads(page: Page, alice: Caller) -> None:
    page.get_by_role("button", name="Save").click()
    assert page.url.endswith("/form"), "a required field was empty, and the form was sent"
    expect(page.get_by_label("Choose files")).to_be_focused()
    choose(page, png("one.png"), png("two.png"))
    expect(page.locator("[part~=done]")).to_have_count(2)
    urls = [asset["url"] for asset in alice.list_assets().json()["assets"]]
    assert sorted(page.evaluate("field.value.split(' ')")) == sorted(urls)
    posted = page.evaluate(POSTED)
    assert sorted(posted) == sorted(["title=Me", *(f"photo={url}" for url in urls)])
    assert page.evaluate("events") == ["asset-uploaded", "change"] * 2

    page.evaluate("field.setAttribute('value-type', 'asset_id')")
    page.get_by_role("button", name="Remove one.png").click()
    (kept,) = [asset for asset in alice.list_assets().json()["assets"] if asset["filename"] == "two.png"]
    assert page.evaluate(POSTED) == ["title=Me", f"photo={kept['asset_id']}"]
    with page.expect_navigation(url=f"**/icon.svg?title=Me&photo={kept['asset_id']}"):
        page.get_by_role("button", name="Save").click()


def test_a_form_waits_for_uploads_and_can_be_reset_and_disabled(page: Page) -> None:
    page.evaluate("field.client = { upload: () => new Promise(() => {}) }")
    choose(page, png())
    assert page.evaluate("field.validationMessage") == "Wait until the upload is done, or cancel it."
    page.evaluate("document.forms[0].reset()")
    expect(row(page, "photo.png")).to_have_count(0)
    assert page.evaluate("field.validity.valueMissing")
    page.evaluate("field.toggleAttribute('disabled', true)")
    expect(page.get_by_label("Choose files")).to_be_disabled()
    assert is_valid(page)


def test_an_expired_token_is_renewed(page: Page, alice: Caller) -> None:
    page.evaluate("token => { const tokens = ['expired', token]; field.getToken = () => tokens.shift(); }", alice.token)
    choose(page, png())
    expect(page.locator("[part~=done]")).to_be_visible()
    assert len(alice.listed_ids()) == 1


def test_another_users_token_is_used_at_once(page: Page, stack: LocalStack, alice: Caller) -> None:
    choose(page, png("hers.png"))
    expect(page.locator("[part~=done]")).to_have_count(1)
    with httpx.Client(base_url=stack.url, timeout=120) as http:
        bob = someone(stack, http)
        # The page's own function returns the current user's token, like those of sign-in libraries.
        page.evaluate("token => { window.now = token; field.getToken = () => window.now; }", bob.token)
        choose(page, png("his.png"))
        expect(page.locator("[part~=done]")).to_have_count(2)
        assert [asset["filename"] for asset in bob.list_assets().json()["assets"]] == ["his.png"]
        page.evaluate("token => { window.now = token; }", alice.token)
        choose(page, png("hers-too.png"))
        expect(page.locator("[part~=done]")).to_have_count(3)
        assert len(bob.listed_ids()) == 1
    assert [asset["filename"] for asset in alice.list_assets().json()["assets"]] == ["hers-too.png", "hers.png"]


def drop(page: Page, onto: Locator, *paths: Path) -> None:
    """Drop files and folders as from the desktop."""
    box = onto.bounding_box()
    assert box
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    session = page.context.new_cdp_session(page)
    for event in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        session.send("Input.dispatchDragEvent", {"type": event, **at, "data": data})
    session.detach()


@pytest.mark.parametrize("place", ["uploader", "page"])
def test_a_dropped_folder_is_uploaded_recursively(page: Page, tmp_path: Path, place: str) -> None:
    page.evaluate("""() => {
      window.sent = [];
      const sent = ({ name }) => (window.sent.push(name), { url: name, asset_id: name, filename: name, size_bytes: 1 });
      field.client = { upload: async (file) => sent(file) };
    }""")
    folder = tmp_path / "photos"
    # More than the hundred that a browser lists at a time.
    named = [f"{number:03}.png" for number in range(120)]
    for name in (*named, "day 1/evening/x.png", "day 1/a.png", ".hidden.png", ".git/b.png", "notes.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PNG)
    (tmp_path / "empty").mkdir()
    (tmp_path / "single.png").write_bytes(PNG)
    target = page.locator("asset-uploader [part~=dropzone]")
    if place == "page":
        page.evaluate("field.setAttribute('anywhere', '')")
        target = page.get_by_role("heading", name="Form")
    drop(page, target, folder, tmp_path / "single.png", tmp_path / "empty")
    expect(row(page, "empty")).to_contain_text("Empty or unreadable.")
    expect(row(page, "notes.txt")).to_contain_text("not supported")
    expect(page.locator("[part~=done]")).to_have_count(123)
    assert page.evaluate("sent") == [*named, "a.png", "x.png", "single.png"]


def test_a_form_waits_for_a_dropped_folder_and_keeps_one_file(page: Page, tmp_path: Path) -> None:
    page.evaluate("""() => {
      const { webkitGetAsEntry } = DataTransferItem.prototype;
      const opened = new Promise((resolve) => (window.open_folders = resolve));
      DataTransferItem.prototype.webkitGetAsEntry = function () {
        const entry = webkitGetAsEntry.call(this);
        const reader = entry.createReader();
        const readEntries = (...callbacks) => opened.then(() => reader.readEntries(...callbacks));
        return { name: entry.name, isDirectory: true, createReader: () => ({ readEntries }) };
      };
      field.removeAttribute("multiple");
      field.client = { upload: async ({ name }) => ({ url: name, asset_id: name, filename: name, size_bytes: 1 }) };
    }""")
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.png").write_bytes(PNG)
    drop(page, page.locator("asset-uploader [part~=dropzone]"), tmp_path / "first", tmp_path / "second")
    wait_until(page, "field.validationMessage === 'Wait until the upload is done, or cancel it.'")
    page.evaluate("open_folders()")
    expect(row(page, "first.png")).to_contain_text("Uploaded")
    expect(row(page, "second.png")).to_have_count(0)
    assert page.evaluate("field.validationMessage") == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_is_announced_and_legible(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.evaluate("""field.client = { upload: (file, { onWait, onProgress }) => {
      if (file.name === "failing.png") return Promise.reject(Object.assign(new Error("Try later."), { status: 503 }));
      if (file.name === "limited.png") onWait({ status: 429, seconds: 499 });
      else onProgress({ loaded: file.size / 2, total: file.size });
      return new Promise(() => {});
    } }""")
    large: FilePayload = {"name": "large.png", "mimeType": "image/png", "buffer": bytes(1024 * 1024 + 1)}
    text: FilePayload = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"}
    choose(page, large, text, png("failing.png"), png("sending.png"), png("limited.png"), png("waiting.png"))
    expect(row(page, "large.png")).to_contain_text("too large. Choose one of up to 1.0 MB")
    expect(row(page, "notes.txt")).to_contain_text("not supported")
    expect(row(page, "sending.png")).to_contain_text(" B of ")
    expect(row(page, "limited.png")).to_contain_text("Continues at")
    expect(row(page, "waiting.png")).to_contain_text("Waiting")
    expect(page.locator("[part=counts]")).to_contain_text("next in 4")
    retries = page.get_by_role("button", name="Retry")
    expect(retries).to_have_count(1)
    expect(retries).to_have_accessible_name("Retry failing.png")
    check_accessible(page)
    page.get_by_role("button", name="Cancel all").click()
    expect(row(page, "limited.png")).to_contain_text("Canceled")
    expect(retries).to_have_count(4)


def test_texts_and_handling_can_be_replaced(page: Page) -> None:
    page.evaluate("""() => {
      field.client = { upload: async () => ({ url: "/u", asset_id: "u", filename: "u", size_bytes: 1 }) };
      field.addEventListener("asset-uploaded", (event) => event.preventDefault());
      field.strings = { choose: () => "Dateien wählen", orDrop: () => "", uploaded: (name) => `${name} ist da` };
    }""")
    page.get_by_label("Dateien wählen").set_input_files([png()])
    expect(page.locator("asset-uploader").get_by_role("status")).to_have_text("photo.png ist da")
    expect(row(page, "photo.png")).to_have_count(0)
    assert page.evaluate("field.assets") == []


def test_everything_is_reachable_by_keyboard_and_focus_is_kept(page: Page) -> None:
    page.evaluate("field.client = { upload: () => Promise.reject(Object.assign(new Error('No.'), { status: 503 })) }")
    choose(page, png("one.png"), png("two.png"))
    expect(page.get_by_role("button", name="Retry")).to_have_count(2)
    page.get_by_label("Title").focus()
    focused = "field.shadowRoot.activeElement?.ariaLabel ?? field.shadowRoot.activeElement?.textContent"
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
    assert reached == ["", "Camera", "Retry one.png", "Remove one.png", "Retry two.png", "Remove two.png"]
    page.get_by_role("button", name="Remove one.png").press("Enter")
    assert page.evaluate(focused) == "Remove two.png"
    page.keyboard.press("Enter")
    expect(page.get_by_label("Choose files")).to_be_focused()


def test_a_photo_can_be_taken(page: Page, alice: Caller) -> None:
    page.get_by_role("button", name="Camera").click()
    dialog = page.get_by_role("dialog", name="Camera")
    wait_until(page, "field.shadowRoot.querySelector('video')?.videoWidth > 0")
    check_accessible(page)
    dialog.get_by_role("button", name="Take the photo").click()
    expect(page.locator("[part~=done]")).to_contain_text("photo-")
    (photo,) = alice.list_assets().json()["assets"]
    assert photo["file_type"] == "image/jpeg"


def test_a_token_comes_from_the_pages_backend(page: Page, alice: Caller) -> None:
    def backend(route: Route) -> None:
        assert route.request.method == "POST"
        route.fulfill(json={"token": alice.token})

    page.route("**/assets-token", backend)
    page.evaluate("() => { delete field.getToken; field.setAttribute('token-url', '/assets-token'); }")
    page.evaluate("field.setAttribute('tags', 'avatar, 2026')")
    choose(page, png())
    expect(page.locator("[part~=done]")).to_be_visible()
    (asset,) = alice.list_assets().json()["assets"]
    assert asset["tags"] == ["avatar", "2026"]
