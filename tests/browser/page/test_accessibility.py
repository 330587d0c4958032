"""The page by keyboard, at any size, and in dark mode."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.page.actions import PNG, card, check_accessible
from tests.e2e.client import Caller


def test_everything_is_reachable_by_keyboard(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    expect(card(signed_in, "photo.png")).to_be_visible()
    reached = []
    signed_in.locator("body").press("Tab")
    for _ in range(10):
        name = "(e => e.getAttribute('aria-label') || e.innerText || e.id)(document.activeElement)"
        reached.append(str(signed_in.evaluate(name)).strip())
        signed_in.keyboard.press("Tab")  # after the last one, focus moves to the browser itself
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
def test_the_page_is_readable_at_any_size_and_in_dark_mode(
    width: int, scheme: Any, signed_in: Page, alice: Caller
) -> None:
    alice.uploaded("a rather long name of a photograph that somebody has taken somewhere.png", PNG)
    signed_in.set_viewport_size({"width": width, "height": 800})
    signed_in.emulate_media(color_scheme=scheme)
    signed_in.reload()
    expect(card(signed_in, "a rather long name")).to_be_visible()
    assert signed_in.evaluate("document.documentElement.scrollWidth") <= width
    background = signed_in.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (int(background.partition("(")[2].partition(",")[0]) < 128) == (scheme == "dark")
    check_accessible(signed_in)
