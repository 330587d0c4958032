"""The gallery: displaying files, and actions on them."""

from pathlib import Path

from playwright.sync_api import FilePayload, Page, Route, expect

from tests import media
from tests.browser.page.actions import PNG, act, card, check_accessible, choose, png
from tests.browser.patience import wait_until
from tests.e2e.client import Caller


def test_an_image_is_shown_and_a_video_plays(signed_in: Page) -> None:
    # H.264, which browsers play.
    playable: FilePayload = {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": media.video("mp4", "libx264")}
    choose(signed_in, png(), playable)
    shown = card(signed_in, "photo.png").locator("img")
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") > 0
    card(signed_in, "clip.mp4").get_by_role("button", name="Open").click()
    video = signed_in.get_by_role("dialog").locator("video")
    expect(video).to_be_visible()
    video.evaluate("video => { video.muted = true; return video.play(); }")
    wait_until(signed_in, "document.querySelector('dialog video').currentTime > 0")


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


def test_files_can_be_renamed_tagged_and_found(signed_in: Page, alice: Caller) -> None:
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
    expect(signed_in.get_by_role("dialog")).to_be_hidden()
    names = signed_in.locator("#gallery .name")
    signed_in.get_by_label("Search names").fill("DÜN")
    expect(names).to_have_text(["Düne.png"])
    signed_in.get_by_label("Search names").fill("")
    expect(names).to_have_count(2)
    card(signed_in, "Düne.png").get_by_role("button", name="Open").click()
    signed_in.get_by_role("button", name="summer 2026").click()
    expect(names).to_have_text(["Düne.png"])
    signed_in.get_by_role("button", name="Show all tags").click()
    expect(names).to_have_count(2)


def test_the_lightbox_is_navigated_by_keyboard(signed_in: Page, alice: Caller) -> None:
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


def test_copying_a_private_file_copies_a_signed_url(signed_in: Page) -> None:
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


def test_usage_is_shown_and_updated(signed_in: Page, alice: Caller) -> None:
    expect(signed_in.locator("#usage")).to_contain_text("0 files")
    choose(signed_in, png())
    expect(signed_in.locator("#usage")).to_contain_text("1 file,")
    assert alice.listed_ids() != []


def test_a_file_deleted_elsewhere_disappears(signed_in: Page, alice: Caller) -> None:
    asset_id = alice.uploaded("photo.png", PNG)["asset_id"]

    def delete_meanwhile(route: Route) -> None:
        listed = route.fetch()
        alice.delete(asset_id)
        route.fulfill(response=listed)

    signed_in.route("**/api/v2/assets?*", delete_meanwhile)
    signed_in.reload()
    expect(signed_in.get_by_text("Nothing here yet")).to_be_visible()
    expect(card(signed_in, "photo.png")).to_have_count(0)


def test_the_gallery_loads_more_on_scrolling_and_filtering(signed_in: Page) -> None:
    # An owner may upload ten files per minute, so the list is simulated.
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
    expect(cards.nth(23)).to_be_attached()
    for count in (48, 72, 96):
        cards.last.scroll_into_view_if_needed()
        signed_in.mouse.wheel(0, 100_000)
        expect(cards.nth(count - 1)).to_be_attached()
    expect(cards).to_have_count(96)
    expect(signed_in.get_by_role("button", name="Show more")).to_be_hidden()
    signed_in.get_by_role("combobox", name="Sort").select_option("oldest")
    expect(cards.first).to_contain_text("image-95")
    signed_in.get_by_role("combobox", name="Show").select_option("video")
    expect(cards.first).to_contain_text("video-95")
