"""Deletes, which can be undone for some seconds."""

from playwright.sync_api import Page, expect

from tests.browser.page.actions import PNG, act, card, check_accessible, stop_clock
from tests.e2e.client import Caller, eventually


def test_a_pending_delete_can_be_undone(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    stop_clock(signed_in)
    act(signed_in, "photo.png", "Delete")
    expect(card(signed_in, "photo.png")).to_have_count(0)
    signed_in.get_by_role("button", name="Undo").click()
    expect(card(signed_in, "photo.png")).to_be_visible()
    assert len(alice.list_assets().json()["assets"]) == 1
    act(signed_in, "photo.png", "Delete")
    with signed_in.expect_response(lambda response: response.request.method == "DELETE") as deleted:
        signed_in.clock.run_for(10_000)
    assert deleted.value.status == 200
    assert alice.list_assets().json()["assets"] == []
    expect(signed_in.get_by_text("Nothing here yet")).to_be_visible()


def test_leaving_the_page_completes_a_pending_delete(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    stop_clock(signed_in)
    act(signed_in, "photo.png", "Delete")
    expect(signed_in.get_by_role("button", name="Undo")).to_be_visible()
    signed_in.close()
    eventually("the file is deleted", lambda: alice.listed_ids() == [])


def test_two_pending_deletes_are_undone_together_by_keyboard(signed_in: Page, alice: Caller) -> None:
    for name in ("one.png", "two.png", "three.png"):
        alice.uploaded(name, PNG)
    signed_in.reload()
    stop_clock(signed_in)
    act(signed_in, "one.png", "Delete")
    act(signed_in, "three.png", "Delete")
    expect(signed_in.locator("#undo")).to_contain_text("2 files are deleted")
    signed_in.keyboard.press("Control+z")
    expect(signed_in.locator("#gallery .name")).to_have_text(["three.png", "two.png", "one.png"])
    assert len(alice.listed_ids()) == 3


def test_selected_files_are_deleted_together(signed_in: Page, alice: Caller) -> None:
    for name in ("one.png", "two.png", "three.png"):
        alice.uploaded(name, PNG)
    signed_in.reload()
    signed_in.get_by_label("Select three.png").check()
    signed_in.get_by_label("Select one.png").click(modifiers=["Shift"])
    bar = signed_in.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("3 selected")
    check_accessible(signed_in)
    stop_clock(signed_in)
    signed_in.get_by_label("Select two.png").uncheck()
    bar.get_by_role("button", name="Delete").click()
    expect(bar).to_be_hidden()
    with signed_in.expect_response("**/api/v2/assets/delete") as deleted:
        signed_in.clock.run_for(10_000)
    assert len(deleted.value.json()["deleted"]) == 2
    assert [asset["filename"] for asset in alice.list_assets().json()["assets"]] == ["two.png"]
