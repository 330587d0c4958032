"""One asset's metadata, for its owner."""

import pytest

from tests import media
from tests.functions.gateway import Caller


def test_the_metadata_matches_the_list(alice: Caller) -> None:
    asset_id = alice.upload("image.png", media.png()).json()["asset_id"]
    response = alice.metadata(asset_id)
    assert response.status == 200
    assert [response.json()] == alice.list().json()["assets"]


def test_another_owners_asset_is_a_404(alice: Caller, bob: Caller) -> None:
    response = bob.metadata(alice.upload("image.png", media.png()).json()["asset_id"])
    assert (response.status, response.detail) == (404, "Asset not found")


@pytest.mark.parametrize("asset_id", ["019a8790-3d80-7c4a-9b1e-5f0f9a621d72", "none", "a" * 3000, "é"])
def test_an_unknown_asset_is_a_404(asset_id: str, alice: Caller) -> None:
    response = alice.metadata(asset_id)
    assert (response.status, response.detail) == (404, "Asset not found")


def test_an_unfinished_upload_is_a_404(alice: Caller) -> None:
    assert alice.metadata(alice.ask_for_form(filename="a.png").json()["asset_id"]).status == 404
