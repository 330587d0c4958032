"""Create requests that the stand-in accepts and refuses, and its documented table of models."""

import re
from datetime import timedelta
from typing import Any

import pytest

import stand_ins.replicate
from stand_ins.replicate.behaviors import (
    BEHAVIORS,
    Behavior,
    behavior_of,
    model_of_version,
    receive,
    version_of,
)
from stand_ins.replicate.creation import RefusedError, parse

GOOD: dict[str, Any] = {"input": {"prompt": "wave", "first_frame_image": "http://localhost:8000/a"}}


def refusal(body: Any, *, with_version: bool = False, cancel_after: str | None = None) -> dict[str, Any]:
    headers = {} if cancel_after is None else {"Cancel-After": cancel_after}
    with pytest.raises(RefusedError) as refused:
        parse(body, headers, with_version=with_version)
    return refused.value.problem.document


def test_takes_what_replicate_takes() -> None:
    body = {**GOOD, "webhook": "https://a/b", "webhook_events_filter": ["completed"]}
    request = parse(body, {"Cancel-After": "1h30m45s", "Prefer": "wait"}, with_version=False)
    assert request.input == GOOD["input"]
    assert request.events == ("completed",)
    assert request.cancel_after == timedelta(hours=1, minutes=30, seconds=45)


def test_output_and_completed_are_the_usual_events() -> None:
    assert parse(GOOD, {}, with_version=False).events == ("output", "completed")


def test_lists_all_errors_in_replicates_format() -> None:
    body = {"input": {"image": 7}, "model": "a/b", "webhook_events_filter": ["end"]}
    assert refusal(body, with_version=True) == {
        "title": "Input validation failed",
        "status": 422,
        "detail": "- version is required\n"
        "- Additional property model is not allowed\n"
        "- webhook_events_filter.0: webhook_events_filter.0 must be one of the following: "
        '"start", "output", "logs", "completed"\n'
        "- input: prompt is required\n"
        "- input.image: Invalid type. Expected: string, given: integer\n",
        "invalid_fields": [
            {"type": "required", "field": "", "description": "version is required"},
            {
                "type": "additional_property_not_allowed",
                "field": "",
                "description": "Additional property model is not allowed",
            },
            {
                "type": "enum",
                "field": "webhook_events_filter.0",
                "description": "webhook_events_filter.0 must be one of the following: "
                '"start", "output", "logs", "completed"',
            },
            {"type": "required", "field": "input", "description": "prompt is required"},
            {
                "type": "invalid_type",
                "field": "input.image",
                "description": "Invalid type. Expected: string, given: integer",
            },
        ],
    }


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ([], "- Invalid type. Expected: object, given: array\n"),
        ({}, "- input is required\n"),
        ({"input": "x"}, "- input: Invalid type. Expected: object, given: string\n"),
        ({**GOOD, "version": "x"}, "- Additional property version is not allowed\n"),
        ({**GOOD, "webhook": None}, "- webhook: Invalid type. Expected: string, given: null\n"),
        ({**GOOD, "webhook": "ftp://a"}, "- webhook: Must be a valid HTTPS URL\n"),
        ({**GOOD, "webhook": "https://["}, "- webhook: Must be a valid HTTPS URL\n"),
        (
            {**GOOD, "webhook_events_filter": 1.5},
            "- webhook_events_filter: Invalid type. Expected: array, given: number\n",
        ),
        ({"input": {"prompt": True}}, "- input.prompt: Invalid type. Expected: string, given: boolean\n"),
        ({"input": {"prompt": "", "image": "cat.jpg"}}, "- input.image: Does not match format 'uri'\n"),
    ],
)
def test_refuses_a_request_that_replicate_would(body: Any, detail: str) -> None:
    assert refusal(body)["detail"] == detail


@pytest.mark.parametrize("header", ["", "4s", "4", "soon", "1m1h", "-5s"])
def test_refuses_short_and_malformed_deadlines(header: str) -> None:
    assert refusal(GOOD, cancel_after=header)["invalid_fields"][0]["field"] == "Cancel-After"


@pytest.mark.parametrize(("header", "seconds"), [("5", 5), ("90s", 90), ("15m", 900), ("2h30m", 9000)])
def test_accepts_every_form_of_deadline(header: str, seconds: int) -> None:
    assert parse(GOOD, {"Cancel-After": header}, with_version=False).cancel_after == timedelta(seconds=seconds)


def test_documents_exactly_the_implemented_behaviors() -> None:
    table = re.findall(r"^\| `([a-z0-9-]+)` *\|", stand_ins.replicate.__doc__ or "", re.MULTILINE)
    assert table == list(BEHAVIORS)


def test_models_outside_the_table_behave_well() -> None:
    assert behavior_of("minimax/video-01") == Behavior()
    assert behavior_of("stand-in/fails") == BEHAVIORS["fails"]
    assert behavior_of("stand-in/fials") is None
    assert behavior_of("no-owner") is None


def test_versions_resolve_to_their_models() -> None:
    assert model_of_version(version_of("stand-in/fails")) == "stand-in/fails"
    assert model_of_version("0" * 64) == "stand-in/behaves"
    assert model_of_version("a/b:" + "0" * 64) == "a/b"
    assert model_of_version("a/b") == "a/b"
    assert model_of_version("latest") is None
    assert model_of_version("a/b:latest") is None


def test_throttles_a_body_twice_and_then_accepts_it() -> None:
    received = [receive("throttles twice", attempt, speed=4) for attempt in (1, 2, 3)]
    assert [one.creates for one in received] == [False, False, True]
    assert received[0].problem is not None
    assert received[0].problem.document == {
        "detail": "Request was throttled. Your rate limit resets in ~3s.",
        "status": 429,
        "retry_after": 3,
    }


def test_a_failure_may_hide_that_a_prediction_was_created() -> None:
    first, second = (receive("fails once, after creating", attempt, speed=1) for attempt in (1, 2))
    assert (first.creates, first.response) == (True, "problem")
    assert (second.creates, second.response) == (True, "prediction")
