"""Facts of a file as S3 metadata, which may be arbitrary text in a bucket filled by other means."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from asset_api.media.content_credentials import ContentCredentials
from asset_api.publishing.assets_bucket import Facts

decimals = st.none() | st.integers(1, 10**9).map(lambda number: number / 1000)
codecs = st.none() | st.from_regex(r"[a-z0-9_.-]{1,16}", fullmatch=True)
facts = st.builds(
    Facts,
    width=st.none() | st.integers(1, 65535),
    height=st.none() | st.integers(1, 65535),
    content_credentials=st.sampled_from(get_args(ContentCredentials)),
    expiry=st.none() | st.integers(0, 10**10),
    duration_seconds=decimals,
    frames_per_second=decimals,
    video_codec=codecs,
    audio_codec=codecs,
)


@given(facts)
def test_facts_round_trip_through_metadata(known: Facts) -> None:
    metadata = known.to_metadata()
    assert all(name == name.lower() and "_" not in name for name in metadata)
    assert Facts.from_metadata(metadata) == known


@given(st.dictionaries(st.sampled_from(["width", "duration-seconds", "frames-per-second"]), st.text(max_size=20)))
def test_invalid_metadata_has_no_facts(metadata: dict[str, str]) -> None:
    known = Facts.from_metadata(metadata)
    for number in (known.width, known.duration_seconds, known.frames_per_second):
        assert number is None or 0 <= number < 1e20
