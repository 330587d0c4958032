"""Ids of uploads in parts: any change makes them invalid."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.uploads.part_sizes import PartSizes
from asset_api.uploads.part_tokens import MAX_CHARACTERS, InvalidTokenError, PartToken

NOW = datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC)
ASSET = "019a8790-3d80-7c4a-9b1e-5f0f9a621d72"
SECRET = "a-secret-of-this-stack"
TOKENS = st.builds(
    PartToken,
    st.text(min_size=1, max_size=150).filter(lambda text: text.isascii()),
    st.builds(PartSizes, st.integers(1, 5 * 2**30), st.integers(5 * 2**20, 2**30)),
    st.integers(int(NOW.timestamp()) + 1, 2**40),
)
OWNERS = st.text(min_size=1, max_size=100)


def opened(text: str, owner: str = "alice", asset_id: str = ASSET, *, secret: str = SECRET) -> PartToken:
    return PartToken.open(text, owner, asset_id, secret=secret, now=NOW)


@given(TOKENS, OWNERS)
def test_an_id_round_trips(token: PartToken, owner: str) -> None:
    text = token.seal(owner, ASSET, secret=SECRET)
    assert opened(text, owner) == token
    assert len(text) <= MAX_CHARACTERS
    assert text.replace("-", "").replace("_", "").replace(".", "", 1).isalnum()


TOKEN = PartToken("an-upload-id-of-s3", PartSizes(2**30), int(NOW.timestamp()) + 1)
TEXT = TOKEN.seal("alice", ASSET, secret=SECRET)


@given(st.integers(0, len(TEXT) - 1), st.characters())
def test_a_changed_character_makes_an_id_invalid(at: int, character: str) -> None:
    changed = TEXT[:at] + character + TEXT[at + 1 :]
    if changed != TEXT:
        with pytest.raises(InvalidTokenError):
            opened(changed)


@given(st.text())
def test_other_text_is_not_an_id(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        opened(text)


@given(OWNERS, OWNERS)
def test_an_id_is_bound_to_its_owner_and_asset(owner: str, asset_id: str) -> None:
    if (owner, asset_id) != ("alice", ASSET):
        with pytest.raises(InvalidTokenError):
            opened(TEXT, owner, asset_id)


def test_an_id_of_another_stack_is_invalid() -> None:
    with pytest.raises(InvalidTokenError):
        opened(TEXT, secret="another-secret")


def test_an_id_expires() -> None:
    with pytest.raises(InvalidTokenError, match="has expired"):
        PartToken.open(TEXT, "alice", ASSET, secret=SECRET, now=datetime.fromtimestamp(TOKEN.expires_at, UTC))


def test_ids_require_a_secret() -> None:
    with pytest.raises(ValueError, match="ASSET_ID_SALT"):
        TOKEN.seal("alice", ASSET, secret="")
