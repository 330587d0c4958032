import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.assets import asset_ids, list_parameters, listing
from asset_api.assets.listing import ListRequest, Page
from tests.refusals import refusal_of

ids = st.integers(0, 2**40).map(
    lambda milliseconds: asset_ids.mint("a", salt="s", now=datetime.fromtimestamp(milliseconds / 1000, UTC))
)


def detail(query: dict[str, str]) -> str | None:
    refusal = refusal_of(lambda: ListRequest.from_query(query))
    assert refusal is None or refusal.status == 422
    return refusal.detail if refusal else None


def test_defaults_are_those_of_the_contract() -> None:
    assert ListRequest.from_query({}) == ListRequest(limit=50, offset=0, after_id=None, kind=None)


@given(st.integers(-10, 200))
def test_a_limit_is_from_1_to_100(limit: int) -> None:
    expected = None if 1 <= limit <= 100 else "limit: must be an integer from 1 to 100"
    assert detail({"limit": str(limit)}) == expected


@given(st.one_of(st.integers(-10, 2**33), st.sampled_from([0, 2**31 - 1, 2**31])))
def test_an_offset_fits_dynamodbs_limit(offset: int) -> None:
    expected = None if 0 <= offset < 2**31 else "offset: must be an integer from 0 to 2147483647"
    assert detail({"offset": str(offset)}) == expected


@given(st.sampled_from(["limit", "offset"]), st.text())
def test_a_non_number_is_refused(name: str, text: str) -> None:
    if not (text.isascii() and text.isdecimal()):
        assert str(detail({name: text})).startswith(f"{name}: must be an integer from ")


@given(ids)
def test_a_cursor_decodes_to_its_id(asset_id: str) -> None:
    assert ListRequest.from_query({"cursor": list_parameters.encode_cursor(asset_id)}).after_id == asset_id


@given(st.one_of(st.text(min_size=1), st.text(min_size=1).map(lambda text: base64.b64encode(text.encode()).decode())))
def test_any_other_cursor_is_refused(cursor: str) -> None:
    assert detail({"cursor": cursor}) == "cursor: must be the next_cursor of an earlier page"


@pytest.mark.parametrize(("text", "kind"), [("image", "image"), ("video", "video"), ("", None)])
def test_filters_by_kind(text: str, kind: str | None) -> None:
    assert ListRequest.from_query({"file_type": text}).kind == kind


@given(st.text(min_size=1).filter(lambda text: text not in ("image", "video")))
def test_any_other_kind_is_refused(text: str) -> None:
    assert detail({"file_type": text}) == "file_type: must be image or video"


def test_the_last_page_has_no_cursor() -> None:
    request = ListRequest.from_query({})
    assert listing.page_to_json(request, Page((), None), "https://h", lambda path, _: path)["next_cursor"] is None
    assert listing.page_to_json(request, Page((), "x"), "https://h", lambda path, _: path)["next_cursor"] is not None
