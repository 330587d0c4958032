"""Hostile JSON bodies: each is a 422 with the reason, or a request within bounds."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_api.generation.requests import GenerationRequest
from asset_api.platform.errors import ApiError
from asset_api.uploads import forms
from tests.refusals import refusal_of


def generation(model_input: bytes) -> bytes:
    return b'{"prompt": "x", "model_id": "a/b", "input": ' + model_input + b"}"


NO_JSON = "body: Invalid JSON"
BOMBS = [
    (b"", NO_JSON),
    (b"[" * 1_000_000, NO_JSON),
    (b'{"a":' * 500_000, NO_JSON),
    (b'{"filename": "a.png", "prompt": "x", "model_id": "a/b"} x', NO_JSON),
    (b"\xef\xbb\xbf{}", NO_JSON),
    ('{"filename": "a.png"}'.encode("utf-16"), NO_JSON),
    (b'{"filename": "\xed\xa0\x80", "prompt": "\xed\xa0\x80"}', NO_JSON),
    (b'{"filename": "\\ud800", "prompt": "\\ud800"}', NO_JSON),
    (b'{"filename": "\\udfff\\ud800"}', NO_JSON),
    (b'{"\\ud800": 1}', NO_JSON),
    (b'{"a": ' + b"9" * 5000 + b"}", NO_JSON),
    (b'{"filename": "a\nb"}', NO_JSON),
    (b"{'filename': 'a.png'}", NO_JSON),
    (b'{"filename": "a.png",}', NO_JSON),
    (b'{"filename": 01}', NO_JSON),
    (b"null", "body: Input should be an object"),
    (b"[]", "body: Input should be an object"),
    (b"1e9999", "body: Input should be an object"),
    (b"NaN", "body: Input should be an object"),
]


@pytest.mark.parametrize(("body", "detail"), BOMBS, ids=range(len(BOMBS)))
@pytest.mark.parametrize("parse", [forms.described_file, GenerationRequest.from_json])
def test_a_body_that_is_not_a_json_object_is_refused(parse: Any, body: bytes, detail: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse(body)
    assert refusal.value.status == 422
    assert refusal.value.detail.startswith(detail)


@pytest.mark.parametrize("depth", [9, 100, 199, 100_000])
def test_a_deeply_nested_input_is_refused(depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        body = generation(b'{"a": ' + opening * depth + b"1" + closing * depth + b"}")
        refusal = refusal_of(partial(GenerationRequest.from_json, body))
        assert refusal is not None
        assert refusal.status == 422


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"NaN", b"Infinity", b"-Infinity"])
def test_a_non_finite_number_is_refused(number: bytes) -> None:
    with pytest.raises(ApiError, match="input: numbers must be finite"):
        GenerationRequest.from_json(generation(b'{"a": [' + number + b"]}"))


def test_a_large_input_is_refused() -> None:
    many = b"{" + b",".join(b'"%d": 1' % number for number in range(50_000)) + b"}"
    for model_input in (many, json.dumps({"k" * 70_000: 1}).encode(), json.dumps({"a": "\0" * 20_000}).encode()):
        with pytest.raises(ApiError, match="input: must have at most 65,536 bytes as JSON"):
            GenerationRequest.from_json(generation(model_input))


@pytest.mark.parametrize(
    "size", [b"1e400", b"NaN", b"1.0", b"1.5", b'"1"', b"true", b"-1", b"[]", b"{}", b"9" * 5000, b"0x10", b"1_0"]
)
def test_an_invalid_size_is_refused(size: bytes) -> None:
    refusal = refusal_of(lambda: forms.described_file(b'{"filename": "a.png", "size_bytes": ' + size + b"}"))
    assert refusal is not None
    assert refusal.status == 422


def test_the_last_of_duplicate_keys_counts() -> None:
    request = forms.described_file(b'{"filename": "a.exe", "filename": "a.png", "size_bytes": 1, "size_bytes": 2}')
    assert (request.filename, request.size_bytes) == ("a.png", 2)


def test_special_keys_of_other_languages_are_ignored() -> None:
    body = b'{"filename": "a.png", "__proto__": {"size_bytes": 1}, "constructor": 1, "__class__": 2, "$where": 3}'
    assert forms.described_file(body) == forms.described_file(b'{"filename": "a.png"}')


def test_error_details_are_short() -> None:
    body = generation(b"{" + b'"a": {' * 50 + b'"' + b"k" * 100_000 + b'": NaN' + b"}" * 51)
    refusal = refusal_of(lambda: GenerationRequest.from_json(body))
    assert refusal is not None
    assert len(refusal.detail) < 300


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_any_value_is_accepted_or_a_422(value: object) -> None:
    for name in ("filename", "content_type", "size_bytes", "sha256", "prompt", "model_id", "input"):
        body = json.dumps({"filename": "a.png", "prompt": "x", "model_id": "a/b", name: value}).encode()
        for parse in (forms.described_file, GenerationRequest.from_json):
            refusal = refusal_of(partial(parse, body))
            assert refusal is None or refusal.status == 422
