"""Uploads of the page: chosen, dropped, pasted, canceled, refused, waiting."""

import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.page.actions import MIB, PNG, TRANSFER, card, check_accessible, choose, mp4, png, row
from tests.e2e.client import Caller


def test_chosen_files_appear_newest_first(signed_in: Page, alice: Caller) -> None:
    choose(signed_in, png("first.png"))
    expect(card(signed_in, "first.png")).to_be_visible()
    choose(signed_in, mp4("second.mp4"))
    expect(card(signed_in, "second.mp4")).to_be_visible()
    expect(signed_in.locator("#gallery .name")).to_have_text(["second.mp4", "first.png"])
    expect(row(signed_in, "first.png")).to_have_count(0)
    assert [asset["filename"] for asset in alice.list_assets().json()["assets"]] == ["second.mp4", "first.png"]
    signed_in.reload()
    expect(signed_in.locator("#gallery .name")).to_have_text(["second.mp4", "first.png"])


@pytest.mark.parametrize("event", ["drop", "paste"])
def test_a_dropped_or_pasted_image_is_uploaded(event: str, signed_in: Page) -> None:
    if event == "drop":
        signed_in.evaluate(TRANSFER, [event, "dragover", list(PNG)])
        expect(signed_in.locator("#uploader [part~=dragging]")).to_be_visible()
    signed_in.evaluate(TRANSFER, [event, event, list(PNG)])
    expect(card(signed_in, f"{event}.png")).to_be_visible()


def test_progress_is_shown_and_a_canceled_upload_can_be_retried(signed_in: Page, alice: Caller) -> None:
    session = signed_in.context.new_cdp_session(signed_in)
    # Two minutes, in which the upload is canceled.
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": MIB // 16}
    session.send("Network.emulateNetworkConditions", slow)
    choose(signed_in, mp4("large.mp4", 8 * MIB))
    upload = row(signed_in, "large.mp4")
    expect(upload).to_contain_text(re.compile(r"B of 8\.0 MB, .* a second"))
    upload.get_by_role("button", name="Cancel").click()
    expect(upload).to_contain_text("Canceled")
    assert alice.list_assets().json()["assets"] == []
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    upload.get_by_role("button", name="Retry").click()
    expect(card(signed_in, "large.mp4")).to_be_visible()


def test_a_lost_connection_is_reported_and_its_retry_makes_one_asset(signed_in: Page, alice: Caller) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=502, content_type="application/problem+json", headers={"Retry-After": "1000"}, body="{}")

    signed_in.route("**/api/v2/upload-asset", refuse)
    choose(signed_in, png())
    expect(row(signed_in, "photo.png").get_by_role("button", name="Retry")).to_be_visible()
    signed_in.unroute("**/api/v2/upload-asset")
    row(signed_in, "photo.png").get_by_role("button", name="Retry").click()
    expect(card(signed_in, "photo.png")).to_be_visible()
    assert len(alice.list_assets().json()["assets"]) == 1


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"}, "jpg, jpeg, png, gif, webp, mp4, mov"),
        ({"name": "fake.png", "mimeType": "image/png", "buffer": b"not an image"}, "not those of image/png"),
        ({"name": "empty.png", "mimeType": "image/png", "buffer": b""}, re.compile("empty", re.IGNORECASE)),
    ],
)
def test_a_refusal_shows_its_reason(payload: FilePayload, words: Any, signed_in: Page) -> None:
    choose(signed_in, payload)
    refused = row(signed_in, payload["name"])
    expect(refused).to_contain_text(words)
    check_accessible(signed_in)
    refused.get_by_role("button", name="Remove").click()
    expect(refused).to_have_count(0)


def test_unsupported_files_are_refused_without_a_retry_button(signed_in: Page) -> None:
    requested: list[str] = []
    signed_in.on("request", lambda request: requested.append(request.url))
    choose(signed_in, {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"text"})
    refused = row(signed_in, "notes.txt")
    expect(refused).to_contain_text("not supported")
    expect(refused.get_by_role("button", name="Retry")).to_be_hidden()
    assert not any("upload-asset" in url for url in requested)


def test_a_queue_shows_its_progress_and_next_upload(signed_in: Page) -> None:
    def throttle(route: Route) -> None:
        route.fulfill(status=429, content_type="application/problem+json", headers={"Retry-After": "499"}, body="{}")

    signed_in.route("**/api/v2/upload-asset", throttle)
    choose(signed_in, png("one.png"), png("two.png"))
    expect(signed_in.locator("#uploader [part=counts]")).to_have_text(re.compile(r"0 of 2, next in [34]\d\d s"))
    expect(signed_in.get_by_role("progressbar", name="All uploads")).to_be_visible()


def test_uploads_wait_while_offline(signed_in: Page, alice: Caller) -> None:
    signed_in.context.set_offline(True)
    choose(signed_in, png())
    expect(row(signed_in, "photo.png")).to_contain_text("You are offline")
    signed_in.context.set_offline(False)
    expect(card(signed_in, "photo.png")).to_be_visible()
    assert len(alice.listed_ids()) == 1
