"""Validation of create requests: the checks that Replicate makes before it charges for a prediction."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from stand_ins.replicate import problems
from stand_ins.replicate.inputs import IMAGE_INPUTS
from stand_ins.replicate.predictions import DEFAULT_EVENTS, EVENTS, Event
from stand_ins.replicate.problems import InvalidField, Problem

_FIELDS = ("input", "webhook", "webhook_events_filter", "stream")
_CANCEL_AFTER = re.compile(r"(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_SHORTEST_CANCEL_AFTER = timedelta(seconds=5)
_JSON_TYPES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


class RefusedError(Exception):
    """The request is refused with `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a prediction that a client chooses."""

    input: dict[str, Any]
    version: str | None
    webhook: str | None
    events: tuple[Event, ...]
    cancel_after: timedelta | None


def parse(body: Any, headers: Mapping[str, str], *, with_version: bool) -> Request:
    """Parse a decoded JSON body. Raises RefusedError with a 422 that lists every error."""
    if not isinstance(body, dict):
        raise RefusedError(problems.invalid([_wrong_type("", "object", body)]))
    if wrong := list(_invalid_fields(body, with_version=with_version)):
        raise RefusedError(problems.invalid(wrong))
    return Request(
        body["input"],
        body.get("version"),
        body.get("webhook"),
        tuple(body.get("webhook_events_filter", DEFAULT_EVENTS)),
        _cancel_after(headers.get("Cancel-After")),
    )


def _invalid_fields(body: dict[str, Any], *, with_version: bool) -> Iterator[InvalidField]:
    known = (*_FIELDS, "version") if with_version else _FIELDS
    for name in ("version", "input") if with_version else ("input",):
        if name not in body:
            yield InvalidField("", "required", f"{name} is required")
    for name in body:
        if name not in known:
            yield InvalidField("", "additional_property_not_allowed", f"Additional property {name} is not allowed")
    if with_version and not isinstance(body.get("version", ""), str):
        yield _wrong_type("version", "string", body["version"])
    yield from _invalid_webhook_fields(body)
    match body.get("input", {}):
        case dict() as model_input:
            yield from _invalid_input_fields(model_input) if "input" in body else ()
        case other:
            yield _wrong_type("input", "object", other)


def _invalid_webhook_fields(body: dict[str, Any]) -> Iterator[InvalidField]:
    if "webhook" in body and not isinstance(body["webhook"], str):
        yield _wrong_type("webhook", "string", body["webhook"])
    # Replicate accepts HTTPS only. The stand-in also accepts plain HTTP, because it calls this machine.
    elif "webhook" in body and not _is_url(body["webhook"], ("https", "http")):
        yield InvalidField("webhook", "format", "Must be a valid HTTPS URL")
    match body.get("webhook_events_filter", []):
        case list() as names:
            allowed = ", ".join(f'"{event}"' for event in EVENTS)
            for place, name in enumerate(names):
                if name not in EVENTS:
                    path = f"webhook_events_filter.{place}"
                    yield InvalidField(path, "enum", f"{path} must be one of the following: {allowed}")
        case other:
            yield _wrong_type("webhook_events_filter", "array", other)


def _invalid_input_fields(model_input: dict[str, Any]) -> Iterator[InvalidField]:
    """Yield the violations of a video model's schema: a prompt is required, images must be URLs."""
    if "prompt" not in model_input:
        yield InvalidField("input", "required", "prompt is required")
    for name in ("prompt", *IMAGE_INPUTS):
        value = model_input.get(name)
        if name not in model_input:
            continue
        if not isinstance(value, str):
            yield _wrong_type(f"input.{name}", "string", value)
        elif name != "prompt" and not _is_url(value, ("https", "http", "data")):
            yield InvalidField(f"input.{name}", "format", "Does not match format 'uri'")


def _is_url(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.netloc or parts.scheme == "data")


def _wrong_type(path: str, expected: str, value: object) -> InvalidField:
    json_type = _JSON_TYPES[type(value)]
    return InvalidField(path, "invalid_type", f"Invalid type. Expected: {expected}, given: {json_type}")


def _cancel_after(header: str | None) -> timedelta | None:
    """Parse a `Cancel-After` header such as `90`, `90s`, `5m` or `1h30m45s`. Raises RefusedError."""
    if header is None:
        return None
    match = _CANCEL_AFTER.fullmatch(header.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    duration = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if duration < _SHORTEST_CANCEL_AFTER:
        description = "Must be a duration of at least 5 seconds"
        raise RefusedError(problems.invalid([InvalidField("Cancel-After", "format", description)]))
    return duration
