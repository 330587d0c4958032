"""One asset's metadata, for its owner."""

import pytest

from tests import media
from tests.functions.gateway import Caller


def test_is_what_the_list_says_of_it(alice: Caller) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    answer = alice.metadata(asset_id)
    assert answer.status == 200
    assert [answer.json()] == alice.list().json()["assets"]


def test_is_not_found_by_another_owner(alice: Caller, bob: Caller) -> None:
    answer = bob.metadata(alice.upload("image.png", media.png()).json()["asset_id"])
    assert (answer.status, answer.detail) == (404, "Asset not found")


@pytest.mark.parametrize("asset_id", ["019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "none", "a" * 3000, "é"])
def test_of_what_never_was_is_a_404(asset_id: str, alice: Caller) -> None:
    answer = alice.metadata(asset_id)
    assert (answer.status, answer.detail) == (404, "Asset not found")


def test_of_an_upload_without_bytes_is_a_404(alice: Caller) -> None:
    assert alice.metadata(alice.ask_for_form(filename="a.png").json()["asset_id"]).status == 404
