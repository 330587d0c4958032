"""Videos generated from images."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.page.actions import PNG, act, card, check_accessible
from tests.e2e.client import Caller


def test_a_video_is_generated_from_an_image(signed_in: Page, alice: Caller) -> None:
    alice.uploaded("photo.png", PNG)
    signed_in.reload()
    act(signed_in, "photo.png", "Make a video")
    dialog = signed_in.get_by_role("dialog", name="Make a video")
    check_accessible(signed_in)
    dialog.get_by_label("What should happen?").fill("It waves")
    dialog.get_by_label("Model").fill("kwaivgi/kling-v2.1")
    dialog.get_by_label("Duration").select_option("10")
    looks: list[Route] = []
    look_at_job = re.compile(r"/api/v2/jobs/[^/]+$")

    def hold(look: Route) -> None:
        looks.append(look)

    # So that its state is seen before it has ended.
    signed_in.route(look_at_job, hold)
    with signed_in.expect_request("**/api/v2/generate") as ordered:
        dialog.get_by_role("button", name="Make the video").click()
    order: Any = ordered.value.post_data_json
    chosen = order["input"]
    assert {name: chosen[name] for name in ("duration", "mode")} == {"duration": 10, "mode": "standard"}
    assert chosen["start_image"].startswith("asset:")
    expect(dialog).to_be_hidden()
    expect(signed_in.locator("#jobs")).to_contain_text("It waves")
    for look in looks:
        look.continue_()
    signed_in.unroute(look_at_job)
    expect(signed_in.locator("#gallery .card")).to_have_count(2)
    expect(signed_in.locator("#jobs-section")).to_be_hidden()
    assert alice.list_assets().json()["assets"][0]["source"] == "generation"


def order_video(page: Page, caller: Caller, model: str) -> None:
    """Upload photo.png, and order a video of it from this model."""
    caller.uploaded("photo.png", PNG)
    page.reload()
    act(page, "photo.png", "Make a video")
    dialog = page.get_by_role("dialog", name="Make a video")
    dialog.get_by_label("What should happen?").fill("It waves")
    dialog.get_by_label("Model").fill(model)
    dialog.get_by_role("button", name="Make the video").click()


def test_a_failed_job_shows_the_reason(signed_in: Page, alice: Caller) -> None:
    order_video(signed_in, alice, "stand-in/fails")
    failed = signed_in.locator("#jobs .row")
    expect(failed).to_contain_text(re.compile("Failed: .+"))
    signed_in.reload()
    expect(failed).to_contain_text(re.compile("Failed: .+"))
    failed.get_by_role("button", name="Dismiss It waves").click()
    signed_in.reload()
    expect(card(signed_in, "photo.png")).to_be_visible()
    expect(failed).to_have_count(0)


def test_a_job_is_canceled(signed_in: Page, alice: Caller) -> None:
    order_video(signed_in, alice, "stand-in/never-ends")
    signed_in.get_by_role("button", name="Cancel It waves").click()
    expect(signed_in.locator("#jobs .row")).to_contain_text("Canceled")
    assert [job["status"] for job in alice.list_jobs().json()["jobs"]] == ["canceled"]
