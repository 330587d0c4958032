"""Fixtures of the tests that change the visibility of assets."""

import pytest

from tests.functions.gateway import Caller
from tests.functions.private_assets import uploaded


@pytest.fixture
def asset_id(alice: Caller) -> str:
    """The id of a private image."""
    return uploaded(alice)
