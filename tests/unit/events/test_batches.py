"""Batches within the limits of SQS and EventBridge."""

from hypothesis import given
from hypothesis import strategies as st

from asset_api.events import batches

# Texts with one or four bytes per character, some as long as the largest payload.
texts = st.builds(lambda unit, count: unit * count, st.sampled_from(["a", "\U0001f600"]), st.integers(0, 60_000))


@given(st.lists(texts, max_size=40))
def test_batches_keep_order_and_stay_within_limits(entries: list[str]) -> None:
    made = list(batches.split(entries, str))
    assert [entry for batch in made for entry in batch] == entries
    for batch in made:
        assert 1 <= len(batch) <= 10
        assert sum(len(entry.encode()) for entry in batch) <= 262_144
