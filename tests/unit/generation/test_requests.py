import json
from typing import Any

import pytest

from asset_api.generation.requests import GenerationRequest
from asset_api.platform.errors import ApiError

GOOD: dict[str, Any] = {"prompt": "wave", "model_id": "minimax/video-01"}


def parse(**changes: Any) -> GenerationRequest:
    return GenerationRequest.from_json(json.dumps(GOOD | changes).encode())


def test_the_prompt_is_added_to_an_input_without_one() -> None:
    assert parse(input={"seed": 1}).input == {"prompt": "wave", "seed": 1}
    assert parse(input={"prompt": "other"}).input == {"prompt": "other"}
    assert parse().input == {"prompt": "wave"}


@pytest.mark.parametrize(
    "model_id", ["a/b", "minimax/video-01", "wan-video/wan-2.2-i2v-fast", "a/b:" + "0f" * 32, "a.b/c_d:1"]
)
def test_takes_model_ids(model_id: str) -> None:
    assert parse(model_id=model_id).model_id == model_id


@pytest.mark.parametrize(
    "model_id",
    ["", "a", "a/", "/b", "a/b/c", "a/b:", "a/..", "../b", "a/b?x", "a/b#x", "a/b c", "a/b\n", "a/b:x/y", "é/b", 7,
     None, "a/b:" + "0" * 65, "a" * 101 + "/b"],
)  # fmt: skip
def test_refuses_model_ids_of_another_form(model_id: Any) -> None:
    with pytest.raises(ApiError) as refusal:
        parse(model_id=model_id)
    assert (refusal.value.status, refusal.value.detail.partition(":")[0]) == (422, "model_id")


@pytest.mark.parametrize("prompt", ["", "x" * 4001, 7, None, ["a"]])
def test_refuses_empty_and_long_prompts(prompt: Any) -> None:
    with pytest.raises(ApiError) as refusal:
        parse(prompt=prompt)
    assert (refusal.value.status, refusal.value.detail.partition(":")[0]) == (422, "prompt")


def test_takes_the_longest_prompt() -> None:
    assert len(parse(prompt="é" * 4000).prompt) == 4000


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [7, "x", [1], None, {"a": "x" * 70_000}, {"a": nested(8)}, {"a": nested(100)}])
def test_refuses_inputs_that_are_not_objects_or_are_too_large(value: Any) -> None:
    with pytest.raises(ApiError) as refusal:
        parse(input=value)
    assert (refusal.value.status, refusal.value.detail[:5]) == (422, "input")


def test_takes_inputs_of_the_maximum_depth() -> None:
    assert parse(input={"a": nested(7)})


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_refuses_numbers_that_are_not_json(number: bytes) -> None:
    body = b'{"prompt": "a", "model_id": "a/b", "input": {"x": ' + number + b"}}"
    with pytest.raises(ApiError) as refusal:
        GenerationRequest.from_json(body)
    assert refusal.value.status == 422


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_refuses_bodies_that_are_not_objects(body: bytes) -> None:
    with pytest.raises(ApiError) as refusal:
        GenerationRequest.from_json(body)
    assert refusal.value.status == 422


def test_never_shows_prompts_in_a_log() -> None:
    assert "wave" not in repr(parse(input={"x": "wave"}))
