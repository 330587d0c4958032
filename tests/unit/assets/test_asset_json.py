from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import asset_ids, asset_json
from asset_api.assets.asset import Asset

NOW = datetime(2025, 11, 15, 12, 34, 56, 789000, UTC)
ids = st.integers(0, 2**40).map(
    lambda milliseconds: asset_ids.mint("a", salt="s", now=datetime.fromtimestamp(milliseconds / 1000, UTC))
)


def test_the_time_has_no_offset_and_no_fraction() -> None:
    asset = Asset("alice", asset_ids.mint("alice", salt="s", now=NOW), "a.png", "image/png", 1)
    assert asset_json.to_json(asset, "https://h", lambda path, _: path)["uploaded_at"] == "2025-11-15T12:34:56"


@given(ids)
def test_the_time_parses_as_naive_utc(asset_id: str) -> None:
    shown = asset_json.to_json(Asset("alice", asset_id, "a.png", "image/png", 1), "https://h", lambda path, _: path)[
        "uploaded_at"
    ]
    parsed = datetime.fromisoformat(shown)
    assert parsed.tzinfo is None
    assert parsed == asset_ids.issued_at(asset_id).replace(tzinfo=None, microsecond=0)
