"""Round trips of assets through their items, whichever facts are known."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import asset_ids
from asset_api.assets.asset import Asset

ASSET_ID = asset_ids.mint("alice", salt="s", now=datetime(2025, 11, 15, 12, 34, 56, tzinfo=UTC))

texts = st.text(min_size=1)
sides = st.none() | st.integers(1, 10**6)
seconds = st.none() | st.floats(0.001, 10**6).map(lambda number: round(number, 3))
assets = st.builds(
    Asset,
    owner=texts,
    asset_id=st.just(ASSET_ID),
    filename=texts,
    file_type=st.sampled_from(["image/png", "video/mp4"]),
    size_bytes=st.integers(1, 2**40),
    sha256=st.none() | st.just("ab" * 32),
    width=sides,
    height=sides,
    source=st.sampled_from(["upload", "generation", "import"]),
    job_id=st.none() | texts,
    model_id=st.none() | texts,
    source_asset_id=st.none() | texts,
    content_credentials=st.sampled_from(["kept", "removed", "none"]),
    source_url=st.none() | texts,
    tags=st.lists(texts, max_size=10, unique=True).map(tuple),
    expiry=st.none() | st.integers(0, 2**33),
    visibility=st.sampled_from(["public", "private"]),
    thumbhash=st.none() | texts,
    rendition_error=st.none() | texts,
    duration_seconds=seconds,
    frames_per_second=seconds,
    video_codec=st.none() | texts,
    audio_codec=st.none() | texts,
)


@given(assets)
def test_an_asset_round_trips_through_its_item(asset: Asset) -> None:
    assert Asset.from_item(asset.to_item()) == asset


def test_an_item_omits_unknown_facts() -> None:
    item = Asset("alice", ASSET_ID, "a.png", "image/png", 5).to_item()
    assert set(item) == {"owner", "sk", "filename", "file_type", "size_bytes", "source", "search_name"}


def test_an_item_with_unknown_attributes_can_be_read() -> None:
    asset = Asset("alice", ASSET_ID, "a.png", "image/png", 5)
    item = asset.to_item() | {"counted": {"BOOL": True}, "source": {"S": "scan"}}
    assert Asset.from_item(item) == asset
