"""The page in a real browser, against the whole stack: every action, by mouse, keyboard, drop and paste."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FilePayload,
    Locator,
    Page,
    Request,
    Route,
    expect,
)

from local import tokens
from tests import media
from tests.e2e.client import Caller, eventually, jwt_secret
from tests.e2e.local_stack import LocalStack

PATIENCE_MS = 30_000
PNG = media.png()
MIB = 1024 * 1024
# Puts files where a drop or a paste has them, as no test can hold a mouse button or another program's clipboard.
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


@pytest.fixture
def context(browser: Browser, stack: LocalStack) -> Iterator[BrowserContext]:
    """A browser of its own, which fails the test where the page asks elsewhere or breaks its policy."""
    complaints: list[str] = []
    with browser.new_context(base_url=stack.url) as made:
        made.set_default_timeout(PATIENCE_MS)
        made.grant_permissions(["clipboard-read", "clipboard-write"], origin=stack.url)

        def look_at_line(line: ConsoleMessage) -> None:
            if "Content Security Policy" in line.text:
                complaints.append(line.text)

        def look_at_request(asked: Request) -> None:
            if not asked.url.startswith((stack.url, "blob:", "data:")):
                complaints.append(f"asked elsewhere: {asked.url}")

        made.on("console", look_at_line)
        made.on("request", look_at_request)
        made.on("weberror", lambda raised: complaints.append(str(raised.error)))
        yield made
    assert complaints == []


@pytest.fixture
def signed_in(context: BrowserContext, alice: Caller) -> Page:
    """The page, with alice's token in its tab."""
    context.add_init_script(f"if (location.pathname === '/') sessionStorage.setItem('token', {alice.token!r})")
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", name="Your files")).to_be_visible(timeout=PATIENCE_MS)
    return page


def card(page: Page, name: str) -> Locator:
    return page.locator("#gallery .card").filter(has_text=name)


def row(page: Page, name: str) -> Locator:
    return page.locator("#uploader [part~=item]").filter(has_text=name)


def choose(page: Page, *files: FilePayload) -> None:
    page.get_by_label("Choose files").set_input_files(list(files))


def act(page: Page, name: str, action: str) -> None:
    """Choose an action from the menu of a file's card."""
    card(page, name).get_by_role("button", name="Actions").click()
    page.get_by_role("menuitem", name=action, exact=True).click()


def check_accessible(page: Page) -> None:
    """axe finds nothing serious."""
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == [], found


def test_the_local_stack_signs_one_in_by_itself(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("Choose files")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_label("Token")).to_be_hidden()


def test_one_signs_in_with_a_token_and_out_again(context: BrowserContext, alice: Caller) -> None:
    page = context.new_page()
    # As on AWS, where nobody offers one.
    page.route("**/local/token", lambda route: route.fulfill(status=404, body="{}"))
    page.goto("/")
    page.get_by_label("Token").fill("no token at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("token", timeout=PATIENCE_MS)
    check_accessible(page)
    page.get_by_label("Token").fill(str(alice.token))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible(timeout=PATIENCE_MS)
    assert str(alice.token) not in page.url
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible(timeout=PATIENCE_MS)
    assert page.evaluate("sessionStorage.getItem('token')") is None


def test_chosen_files_appear_newest_first(signed_in: Page, alice: Caller) -> None:
    choose(signed_in, png("first.png"))
    expect(card(signed_in, "first.png")).to_be_visible(timeout=PATIENCE_MS)
    choose(signed_in, mp4("second.mp4"))
    expect(card(signed_in, "second.mp4")).to_be_visible(timeout=PATIENCE_MS)
    expect(signed_in.locator("#gallery .name")).to_have_text(["second.mp4", "first.png"])
    expect(row(signed_in, "first.png")).to_have_count(0)
    assert [asset["filename"] for asset in alice.list_assets().json()["assets"]] == ["second.mp4", "first.png"]
    signed_in.reload()
    expect(signed_in.locator("#gallery .name")).to_have_text(["second.mp4", "first.png"], timeout=PATIENCE_MS)


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_dropped_or_pasted_image_is_uploaded(event: str, signed_in: Page) -> None:
    if event == "drop":
        signed_in.evaluate(TRANSFER, [event, "dragover", list(PNG)])
        expect(signed_in.locator("#uploader [part~=dragging]")).to_be_visible()
    signed_in.evaluate(TRANSFER, [event, event, list(PNG)])
    expect(card(signed_in, f"{event}.png")).to_be_visible(timeout=PATIENCE_MS)


def test_an_image_is_shown_and_a_video_plays(signed_in: Page) -> None:
    # H.264, which browsers play.
    playable: FilePayload = {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": media.video("mp4", "libx264")}
    choose(signed_in, png(), playable)
    shown = card(signed_in, "photo.png").locator("img")
    expect(shown).to_have_js_property("complete", True, timeout=PATIENCE_MS)
    assert shown.evaluate("image => image.naturalWidth") > 0
    card(signed_in, "clip.mp4").get_by_role("button", name="Open").click()
    video = signed_in.get_by_role("dialog").locator("video")
    expect(video).to_be_visible(timeout=PATIENCE_MS)
    video.evaluate("video => { video.muted = true; return video.play(); }")
    signed_in.wait_for_function("document.querySelector('dialog video').currentTime > 0", timeout=PATIENCE_MS)


def test_progress_is_shown_in_words_and_a_canceled_upload_can_be_retried(signed_in: Page, alice: Caller) -> None:
    session = signed_in.context.new_cdp_session(signed_in)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": MIB}
    session.send("Network.emulateNetworkConditions", slow)
    choose(signed_in, mp4("large.mp4", 8 * MIB))
    upload = row(signed_in, "large.mp4")
    expect(upload).to_contain_text(re.compile(r"MB of 8\.4 MB, .* a second"), timeout=PATIENCE_MS)
    upload.get_by_role("button", name="Cancel").click()
    expect(upload).to_contain_text("Canceled")
    assert alice.list_assets().json()["assets"] == []
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    upload.get_by_role("button", name="Retry").click()
    expect(card(signed_in, "large.mp4")).to_be_visible(timeout=PATIENCE_MS)


def test_a_lost_connection_is_told_and_the_retry_makes_one_asset(signed_in: Page, alice: Caller) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=502, content_type="application/problem+json", headers={"Retry-After": "1000"}, body="{}")

    signed_in.route("**/api/v2/upload-asset", refuse)
    choose(signed_in, png())
    expect(row(signed_in, "photo.png").get_by_role("button", name="Retry")).to_be_visible(timeout=PATIENCE_MS)
    signed_in.unroute("**/api/v2/upload-asset")
    row(signed_in, "photo.png").get_by_role("button", name="Retry").click()
    expect(card(signed_in, "photo.png")).to_be_visible(timeout=PATIENCE_MS)
    assert len(alice.list_assets().json()["assets"]) == 1


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"}, "jpg, jpeg, png, gif, webp, mp4, mov"),
        ({"name": "fake.png", "mimeType": "image/png", "buffer": b"not an image"}, "not those of image/png"),
        ({"name": "empty.png", "mimeType": "image/png", "buffer": b""}, re.compile("empty", re.IGNORECASE)),
    ],
)
def test_a_refusal_is_told_in_words(payload: FilePayload, words: Any, signed_in: Page) -> None:
    choose(signed_in, payload)
    refused = row(signed_in, payload["name"])
    expect(refused).to_contain_text(words, timeout=PATIENCE_MS)
    check_accessible(signed_in)
    refused.get_by_role("button", name="Remove").click()
    expect(refused).to_have_count(0)


def test_the_url_is_copied(signed_in: Page, alice: Caller) -> None:
    asset = alice.uploaded("photo.png", PNG)
    signed_in.reload()
    for action, copied in (
        ("Copy URL", asset["url"]),
        ("Copy Markdown", f"![photo.png]({asset['url']})"),
        ("Copy HTML", f'<img src="{asset["url"]}" alt="photo.png">'),
    ):
        act(signed_in, "photo.png", action)
        expect(signed_in.locator("#notice")).to_have_text(f"{action.removeprefix('Copy ')} copied")
        assert signed_in.evaluate("navigator.clipboard.readText()") == copied


def test_a_file_is_downloaded_under_its_name(signed_in: Page, alice: Caller, tmp_path: Path) -> None:
    alice.uploaded("Ärger 😀.png", PNG)
    signed_in.reload()
    with signed_in.expect_download() as download:
        act(signed_in, "Ärger", "Download")
    assert download.value.suggested_filename == "Ärger 😀.png"
    download.value.save_as(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == PNG


def test_a_delete_can_be_undone_until_it_is_done(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    signed_in.clock.install()
    act(signed_in, "photo.png", "Delete")
    expect(card(signed_in, "photo.png")).to_have_count(0)
    signed_in.get_by_role("button", name="Undo").click()
    expect(card(signed_in, "photo.png")).to_be_visible()
    assert len(alice.list_assets().json()["assets"]) == 1
    act(signed_in, "photo.png", "Delete")
    with signed_in.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        signed_in.clock.run_for(10_000)
    assert deleted.value.status == 200
    assert alice.list_assets().json()["assets"] == []
    expect(signed_in.get_by_text("Nothing here yet")).to_be_visible()


def test_a_delete_happens_where_the_page_is_left_before_it_can_be_undone(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    act(signed_in, "photo.png", "Delete")
    expect(signed_in.get_by_role("button", name="Undo")).to_be_visible()
    signed_in.close()
    eventually("the file is deleted", lambda: alice.listed_ids() == [])


def test_a_second_delete_joins_the_first_and_the_keyboard_undoes_both(signed_in: Page, alice: Caller) -> None:
    for name in ("one.png", "two.png", "three.png"):
        alice.uploaded(name, PNG)
    signed_in.reload()
    act(signed_in, "one.png", "Delete")
    act(signed_in, "three.png", "Delete")
    expect(signed_in.locator("#undo")).to_contain_text("2 files are deleted")
    signed_in.keyboard.press("Control+z")
    expect(signed_in.locator("#gallery .name")).to_have_text(["three.png", "two.png", "one.png"])
    assert len(alice.listed_ids()) == 3


def test_chosen_files_are_deleted_together(signed_in: Page, alice: Caller) -> None:
    for name in ("one.png", "two.png", "three.png"):
        alice.uploaded(name, PNG)
    signed_in.reload()
    signed_in.clock.install()
    signed_in.get_by_label("Select three.png").check()
    signed_in.get_by_label("Select one.png").click(modifiers=["Shift"])
    bar = signed_in.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("3 selected")
    check_accessible(signed_in)
    signed_in.get_by_label("Select two.png").uncheck()
    bar.get_by_role("button", name="Delete").click()
    expect(bar).to_be_hidden()
    with signed_in.expect_response("**/api/v2/assets/delete") as deleted:
        signed_in.clock.run_for(10_000)
    assert len(deleted.value.json()["deleted"]) == 2
    assert [asset["filename"] for asset in alice.list_assets().json()["assets"]] == ["two.png"]


def test_files_are_renamed_tagged_and_found_again(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("one.png", PNG)
    alice.uploaded("other.png", PNG)
    signed_in.reload()
    act(signed_in, "one.png", "Rename")
    signed_in.get_by_label("Name", exact=True).fill("Düne.png")
    signed_in.get_by_role("button", name="Save").click()
    act(signed_in, "Düne.png", "Tags")
    check_accessible(signed_in)
    signed_in.get_by_label("Tags", exact=True).fill("beach, summer 2026")
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_role("dialog")).to_be_hidden(timeout=PATIENCE_MS)
    names = signed_in.locator("#gallery .name")
    signed_in.get_by_label("Search names").fill("DÜN")
    expect(names).to_have_text(["Düne.png"], timeout=PATIENCE_MS)
    signed_in.get_by_label("Search names").fill("")
    expect(names).to_have_count(2, timeout=PATIENCE_MS)
    card(signed_in, "Düne.png").get_by_role("button", name="Open").click()
    signed_in.get_by_role("button", name="summer 2026").click()
    expect(names).to_have_text(["Düne.png"], timeout=PATIENCE_MS)
    signed_in.get_by_role("button", name="Show all tags").click()
    expect(names).to_have_count(2, timeout=PATIENCE_MS)


def test_the_lightbox_leads_from_file_to_file_by_keyboard(signed_in: Page, alice: Caller) -> None:
    for name in ("one.png", "two.png"):
        alice.uploaded(name, PNG)
    signed_in.reload()
    card(signed_in, "two.png").get_by_role("button", name="Open").press("Enter")
    lightbox = signed_in.get_by_role("dialog")
    expect(lightbox).to_contain_text("two.png")
    check_accessible(signed_in)
    signed_in.keyboard.press("ArrowRight")
    expect(lightbox).to_contain_text("one.png")
    expect(lightbox.get_by_role("button", name="Next file")).to_be_disabled()
    lightbox.get_by_role("button", name="Actions").click()
    signed_in.get_by_role("menuitem", name="Rename").click()
    expect(signed_in.get_by_label("Name", exact=True)).to_be_focused()
    signed_in.keyboard.press("Escape")
    signed_in.keyboard.press("Escape")
    expect(lightbox).to_be_hidden()


def test_files_that_cannot_be_taken_are_refused_at_once_and_not_offered_again(signed_in: Page) -> None:
    asked: list[str] = []
    signed_in.on("request", lambda request: asked.append(request.url))
    choose(signed_in, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"})
    refused = row(signed_in, "notes.txt")
    expect(refused).to_contain_text("not supported")
    expect(refused.get_by_role("button", name="Retry")).to_be_hidden()
    assert not any("upload-asset" in url for url in asked)


def test_a_queue_says_how_far_it_is_and_when_the_next_file_goes(signed_in: Page) -> None:
    def throttle(route: Route) -> None:
        route.fulfill(status=429, content_type="application/problem+json", headers={"Retry-After": "40"}, body="{}")

    signed_in.route("**/api/v2/upload-asset", throttle)
    choose(signed_in, png("one.png"), png("two.png"))
    expect(signed_in.locator("#uploader [part=counts]")).to_have_text(
        re.compile(r"0 of 2, next in [34]\d s"), timeout=PATIENCE_MS
    )
    expect(signed_in.get_by_role("progressbar", name="All uploads")).to_be_visible()


def test_a_private_file_is_copied_by_a_signed_url(signed_in: Page) -> None:
    url = "/api/v2/assets/1"
    asset = {"asset_id": "1", "filename": "photo.png", "file_type": "image/png", "size_bytes": 1, "url": url,
             "uploaded_at": "2025-11-15T12:34:56", "source": "upload", "visibility": "public",
             "thumbnail_url": "/icon.svg"}  # fmt: skip
    listed = {"success": True, "assets": [asset], "limit": 24, "offset": 0, "next_cursor": None}
    signed_in.route("**/api/v2/assets?*", lambda route: route.fulfill(json=listed))
    signed_in.route(f"**{url}", lambda route: route.fulfill(json={**asset, **(route.request.post_data_json or {})}))
    signed = {"success": True, "url": "http://signed.example/", "expires_at": "2025-11-15T12:34:56"}
    signed_in.route(f"**{url}/signed-url", lambda route: route.fulfill(json=signed))
    signed_in.reload()
    act(signed_in, "photo.png", "Make private")
    expect(card(signed_in, "photo.png")).to_contain_text("Private")
    act(signed_in, "photo.png", "Copy URL")
    expect(signed_in.locator("#notice")).to_contain_text("URL copied. It works for an hour")
    assert signed_in.evaluate("navigator.clipboard.readText()") == signed["url"]
    act(signed_in, "photo.png", "Make public")
    expect(card(signed_in, "photo.png")).not_to_contain_text("Private")


def test_usage_is_told_and_follows_changes(signed_in: Page, alice: Caller) -> None:
    expect(signed_in.locator("#usage")).to_contain_text("0 files", timeout=PATIENCE_MS)
    choose(signed_in, png())
    expect(signed_in.locator("#usage")).to_contain_text("1 file,", timeout=PATIENCE_MS)
    assert alice.listed_ids() != []


def test_a_token_that_expires_is_asked_for_again_and_nothing_is_lost(
    signed_in: Page, stack: LocalStack, alice: Caller
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=401, content_type="application/problem+json", body="{}")

    owner = jwt.decode(str(alice.token), options={"verify_signature": False})["sub"]
    another = tokens.issue(owner, jwt_secret(stack), lifetime_seconds=1000)
    signed_in.route("**/api/v2/upload-asset", refuse)
    choose(signed_in, png("first.png"), png("second.png"))
    dialog = signed_in.get_by_role("dialog", name="Sign in")
    expect(dialog).to_contain_text("Nothing is lost")
    check_accessible(signed_in)
    signed_in.unroute("**/api/v2/upload-asset")
    dialog.get_by_label("Token").fill(another)
    dialog.get_by_role("button", name="Sign in").click()
    for name in ("first.png", "second.png"):
        expect(card(signed_in, name)).to_be_visible(timeout=PATIENCE_MS)


def test_who_does_not_sign_in_again_is_told_why_nothing_goes_on(signed_in: Page) -> None:
    signed_in.route("**/api/v2/upload-asset", lambda route: route.fulfill(status=401, body="{}"))
    choose(signed_in, png())
    signed_in.get_by_role("dialog", name="Sign in").get_by_role("button", name="Not now").click()
    expect(row(signed_in, "photo.png")).to_contain_text(re.compile("token", re.IGNORECASE))
    expect(row(signed_in, "photo.png").get_by_role("button", name="Retry")).to_be_visible()


def test_an_upload_waits_while_one_is_offline(signed_in: Page, alice: Caller) -> None:
    signed_in.context.set_offline(True)
    choose(signed_in, png())
    expect(row(signed_in, "photo.png")).to_contain_text("You are offline")
    signed_in.context.set_offline(False)
    expect(card(signed_in, "photo.png")).to_be_visible(timeout=PATIENCE_MS)
    assert len(alice.listed_ids()) == 1


def test_a_file_that_was_deleted_elsewhere_goes(signed_in: Page, alice: Caller) -> None:
    asset_id = alice.uploaded("photo.png", PNG)["asset_id"]

    def delete_meanwhile(route: Route) -> None:
        listed = route.fetch()
        alice.delete(asset_id)
        route.fulfill(response=listed)

    signed_in.route("**/api/v2/assets?*", delete_meanwhile)
    signed_in.reload()
    expect(signed_in.get_by_text("Nothing here yet")).to_be_visible(timeout=PATIENCE_MS)
    expect(card(signed_in, "photo.png")).to_have_count(0)


def test_the_gallery_loads_more_as_one_scrolls_and_filters(signed_in: Page) -> None:
    # Ten uploads a minute are one owner's: the list is made up, as long as it takes.
    def page_of(route: Route) -> None:
        start = int((route.request.url.partition("cursor=")[2] or "0").partition("&")[0])
        kind = "video" if "file_type=video" in route.request.url else "image"
        assets = [
            {"asset_id": f"{n}", "filename": f"{kind}-{n}", "file_type": f"{kind}/png", "size_bytes": 1,
             "url": "/icon.svg", "uploaded_at": f"2025-11-15T{23 - n // 60}:{59 - n % 60:02}:10", "source": "upload"}
            for n in range(start, start + 24)
        ]  # fmt: skip
        following = str(start + 24) if start < 72 else None
        route.fulfill(json={"success": True, "assets": assets, "limit": 24, "offset": 0, "next_cursor": following})

    signed_in.route("**/api/v2/assets?*", page_of)
    signed_in.reload()
    cards = signed_in.locator("#gallery .card")
    expect(cards.nth(23)).to_be_attached(timeout=PATIENCE_MS)
    for count in (48, 72, 96):
        cards.last.scroll_into_view_if_needed()
        signed_in.mouse.wheel(0, 100_000)
        expect(cards.nth(count - 1)).to_be_attached(timeout=PATIENCE_MS)
    expect(cards).to_have_count(96)
    expect(signed_in.get_by_role("button", name="Show more")).to_be_hidden()
    signed_in.get_by_role("combobox", name="Sort").select_option("oldest")
    expect(cards.first).to_contain_text("image-95", timeout=PATIENCE_MS)
    signed_in.get_by_role("combobox", name="Show").select_option("video")
    expect(cards.first).to_contain_text("video-95")


def test_a_video_is_made_of_an_image(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    act(signed_in, "photo.png", "Make a video")
    dialog = signed_in.get_by_role("dialog", name="Make a video")
    check_accessible(signed_in)
    dialog.get_by_label("What should happen?").fill("It waves")
    dialog.get_by_label("Model").fill("kwaivgi/kling-v2.1")
    dialog.get_by_label("Duration").select_option("10")
    with signed_in.expect_request("**/api/v2/generate") as ordered:
        dialog.get_by_role("button", name="Make the video").click()
    order: Any = ordered.value.post_data_json
    chosen = order["input"]
    assert {name: chosen[name] for name in ("duration", "mode")} == {"duration": 10, "mode": "standard"}
    assert chosen["start_image"].startswith("asset:")
    expect(dialog).to_be_hidden(timeout=PATIENCE_MS)
    expect(signed_in.locator("#jobs")).to_contain_text("It waves")
    expect(signed_in.locator("#gallery .card")).to_have_count(2, timeout=60_000)
    expect(signed_in.locator("#jobs-section")).to_be_hidden()
    assert alice.list_assets().json()["assets"][0]["source"] == "generation"


def test_a_job_that_fails_says_why(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    act(signed_in, "photo.png", "Make a video")
    dialog = signed_in.get_by_role("dialog", name="Make a video")
    dialog.get_by_label("What should happen?").fill("It waves")
    dialog.get_by_label("Model").fill("stand-in/fails")
    dialog.get_by_role("button", name="Make the video").click()
    failed = signed_in.locator("#jobs .row")
    expect(failed).to_contain_text(re.compile("Failed: .+"), timeout=60_000)
    signed_in.reload()
    expect(failed).to_contain_text(re.compile("Failed: .+"), timeout=PATIENCE_MS)
    failed.get_by_role("button", name="Dismiss It waves").click()
    signed_in.reload()
    expect(card(signed_in, "photo.png")).to_be_visible(timeout=PATIENCE_MS)
    expect(failed).to_have_count(0)


def test_a_job_is_canceled(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    act(signed_in, "photo.png", "Make a video")
    dialog = signed_in.get_by_role("dialog", name="Make a video")
    dialog.get_by_label("What should happen?").fill("It waves")
    dialog.get_by_label("Model").fill("stand-in/never-ends")
    dialog.get_by_role("button", name="Make the video").click()
    signed_in.get_by_role("button", name="Cancel It waves").click()
    expect(signed_in.locator("#jobs .row")).to_contain_text("Canceled", timeout=60_000)
    assert [job["status"] for job in alice.list_jobs().json()["jobs"]] == ["canceled"]


def test_everything_can_be_reached_by_keyboard(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    expect(card(signed_in, "photo.png")).to_be_visible(timeout=PATIENCE_MS)
    reached = []
    signed_in.locator("body").press("Tab")
    for _ in range(10):
        name = "(e => e.getAttribute('aria-label') || e.innerText || e.id)(document.activeElement)"
        reached.append(str(signed_in.evaluate(name)).strip())
        signed_in.keyboard.press("Tab")  # after the last of them to the browser's own
    wanted = [
        "API reference",
        "Sign out",
        "uploader",
        "Search names",
        "Show",
        "Sort",
        "Open photo",
        "Select photo",
        "Actions: photo",
    ]
    assert [each for each in wanted if not any(each in found for found in reached)] == [], reached
    card(signed_in, "photo.png").get_by_role("button", name="Actions").press("Enter")
    expect(signed_in.get_by_role("menuitem", name="Copy URL")).to_be_focused()
    check_accessible(signed_in)
    for _ in range(4):
        signed_in.keyboard.press("ArrowDown")
    signed_in.keyboard.press("Enter")
    expect(signed_in.get_by_label("What should happen?")).to_be_focused()
    signed_in.keyboard.press("Escape")
    expect(signed_in.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1600])
def test_it_fits_and_can_be_read_at_any_size_and_by_night(
    width: int, scheme: Any, signed_in: Page, alice: Caller
) -> None:
    alice.uploaded("a rather long name of a photograph that somebody has taken somewhere.png", PNG)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.reload()
    expect(card(signed_in, "a rather long name")).to_be_visible(timeout=PATIENCE_MS)
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= width
    background = signed_in.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (int(background.partition("(")[2].partition(",")[0]) < 128) == (scheme == "dark")
    check_accessible(signed_in)
