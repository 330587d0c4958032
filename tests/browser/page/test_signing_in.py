"""Signing in, and again after a token expires."""

import re

from playwright.sync_api import BrowserContext, Page, Route, expect

from local import tokens
from tests.browser.page.actions import card, check_accessible, choose, png, row
from tests.e2e.client import Caller, jwt_secret
from tests.e2e.local_stack import LocalStack


def test_the_local_stack_signs_in_automatically(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("Choose files")).to_be_visible()
    expect(page.get_by_label("Token")).to_be_hidden()


def test_signing_in_with_a_token_and_signing_out(context: BrowserContext, alice: Caller) -> None:
    page = context.new_page()
    # As on AWS, where no token is offered.
    page.route("**/local/token", lambda route: route.fulfill(status=404, body="{}"))
    page.goto("/")
    page.get_by_label("Token").fill("no token at all")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_contain_text("token")
    check_accessible(page)
    page.get_by_label("Token").fill(str(alice.token))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert str(alice.token) not in page.url
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    assert page.evaluate("sessionStorage.getItem('token')") is None


def test_an_expired_token_is_requested_again_and_nothing_is_lost(
    signed_in: Page, stack: LocalStack, alice: Caller
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=401, content_type="application/problem+json", body="{}")

    another = tokens.issue(alice.owner, jwt_secret(stack), lifetime_seconds=1000)
    signed_in.route("**/api/v2/upload-asset", refuse)
    choose(signed_in, png("first.png"), png("second.png"))
    dialog = signed_in.get_by_role("dialog", name="Sign in")
    expect(dialog).to_contain_text("Nothing is lost")
    check_accessible(signed_in)
    signed_in.unroute("**/api/v2/upload-asset")
    dialog.get_by_label("Token").fill(another)
    dialog.get_by_role("button", name="Sign in").click()
    for name in ("first.png", "second.png"):
        expect(card(signed_in, name)).to_be_visible()


def test_a_dismissed_dialog_reappears_only_on_an_action(context: BrowserContext, alice: Caller) -> None:
    """The page starts with several requests, which all fail with an expired token."""
    context.add_init_script("if (location.pathname === '/') sessionStorage.setItem('token', 'expired')")
    page = context.new_page()
    page.route("**/api/v2/**", lambda route: route.fulfill(status=401, body="{}"))
    dialog = page.get_by_role("dialog", name="Sign in")
    page.goto("/")
    dialog.get_by_role("button", name="Not now").click()
    expect(page.locator("#gallery-state")).to_contain_text(re.compile("token", re.IGNORECASE))
    expect(dialog).to_be_hidden()
    page.unroute("**/api/v2/**")
    page.get_by_role("button", name="Try again").click()
    dialog.get_by_label("Token").fill(str(alice.token))
    dialog.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_staying_signed_out_shows_why_uploads_stopped(signed_in: Page) -> None:
    signed_in.route("**/api/v2/upload-asset", lambda route: route.fulfill(status=401, body="{}"))
    choose(signed_in, png())
    signed_in.get_by_role("dialog", name="Sign in").get_by_role("button", name="Not now").click()
    expect(row(signed_in, "photo.png")).to_contain_text(re.compile("token", re.IGNORECASE))
    expect(row(signed_in, "photo.png").get_by_role("button", name="Retry")).to_be_visible()
