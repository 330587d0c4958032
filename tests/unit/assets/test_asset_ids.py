from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import asset_ids

owners = st.text(min_size=1, max_size=100)
times = st.integers(0, 2**40).map(lambda milliseconds: datetime.fromtimestamp(milliseconds / 1000, UTC))
ids = st.builds(lambda owner, now: asset_ids.mint(owner, salt="salt", now=now), owners, times)


@given(owners, times)
def test_an_id_is_a_canonical_uuid_of_version_7(owner: str, now: datetime) -> None:
    asset_id = asset_ids.mint(owner, salt="salt", now=now)
    uuid = UUID(asset_id)
    assert (str(uuid), uuid.version, uuid.variant) == (asset_id, 7, "specified in RFC 4122")
    assert asset_ids.is_asset_id(asset_id)


@given(owners, times)
def test_an_id_contains_the_time_it_was_minted(owner: str, now: datetime) -> None:
    issued = asset_ids.issued_at(asset_ids.mint(owner, salt="salt", now=now))
    assert abs(issued - now) <= timedelta(milliseconds=1)


@given(owners, times, st.timedeltas(timedelta(milliseconds=2), timedelta(days=9)))
def test_a_later_id_sorts_later(owner: str, now: datetime, gap: timedelta) -> None:
    earlier = asset_ids.mint(owner, salt="salt", now=now)
    assert earlier < asset_ids.mint(owner, salt="salt", now=now + gap)


@given(owners, times)
def test_an_id_was_issued_to_its_owner(owner: str, now: datetime) -> None:
    assert asset_ids.is_issued_to(owner, asset_ids.mint(owner, salt="salt", now=now), salt="salt")


@given(owners, owners, times)
def test_an_id_was_not_issued_to_another_owner(owner: str, other: str, now: datetime) -> None:
    asset_id = asset_ids.mint(owner, salt="salt", now=now)
    assert asset_ids.is_issued_to(other, asset_id, salt="salt") == (owner == other)
    assert not asset_ids.is_issued_to(owner, asset_id, salt="another stack's")


@given(owners, ids, st.integers(0, 35), st.sampled_from("0123456789abcdef"))
def test_an_id_with_a_changed_digit_was_issued_to_nobody(owner: str, asset_id: str, at: int, digit: str) -> None:
    altered = asset_id[:at] + digit + asset_id[at + 1 :]
    if altered != asset_id:
        assert not asset_ids.is_issued_to(owner, altered, salt="salt")


def test_a_thousand_ids_minted_at_once_are_distinct() -> None:
    now = datetime(2025, 11, 15, tzinfo=UTC)
    assert len({asset_ids.mint("alice", salt="salt", now=now) for _ in range(1000)}) == 1000


@given(st.one_of(st.text(), ids.map(str.upper), ids.map(lambda text: text + "\n"), st.uuids(version=4).map(str)))
def test_other_text_is_not_an_id(text: str) -> None:
    assert not asset_ids.is_asset_id(text)
    assert not asset_ids.is_issued_to("alice", text, salt="salt")


def test_minting_an_id_requires_a_salt() -> None:
    with pytest.raises(ValueError, match="ASSET_ID_SALT"):
        asset_ids.mint("alice", salt="", now=datetime.now(UTC))
    with pytest.raises(ValueError, match="ASSET_ID_SALT"):
        asset_ids.is_issued_to("alice", "019a8790-3d80-7c4a-9b1e-5f0f9a621d72", salt="")
