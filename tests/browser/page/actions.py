"""A user's actions on the page, and the files they choose."""

from datetime import UTC, datetime, timedelta

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Locator, Page

from tests import media

PNG = media.png()
MIB = 1024 * 1024
# Simulate a drop or a paste of files: tests have neither another program's files nor its clipboard.
TRANSFER = """
([type, event, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([Uint8Array.from(bytes)], `${type}.png`, { type: "image/png" }));
  const made = event === "paste"
    ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
    : new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(made);
}
"""


def png(name: str = "photo.png") -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": PNG}


def mp4(name: str = "clip.mp4", size: int = 0) -> FilePayload:
    return {"name": name, "mimeType": "video/mp4", "buffer": media.padded_mp4(size) if size else media.mp4()}


def card(page: Page, name: str) -> Locator:
    return page.locator("#gallery .card").filter(has_text=name)


def row(page: Page, name: str) -> Locator:
    return page.locator("#uploader [part~=item]").filter(has_text=name)


def stop_clock(page: Page) -> None:
    """Stop the page's clock: only a test lets time pass. Axe does not run without it."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))


def choose(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Choose files").set_input_files(list(files))


def act(page: Page, name: str, action: str) -> None:
    """Choose an action from the menu of a file's card."""
    card(page, name).get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def check_accessible(page: Page) -> None:
    """Check that axe finds no serious violation."""
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == [], found
