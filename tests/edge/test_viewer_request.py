"""The CloudFront function in every runtime, against one table, `cases.json`."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from asset_api.assets import rendition_names
from asset_api.assets.rendition_names import Rendition
from asset_api.platform import errors
from tests.edge.runtimes import RUNTIMES, SOURCE, Event, Outcome, deployed

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "cases.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = TABLE["cases"]
ASSET_PATH: str = TABLE["asset_path"]
READ_ONLY = ("content-length", "host", "transfer-encoding", "via")


def field(value: str | list[str]) -> dict[str, Any]:
    """Make a header, query parameter or cookie of CloudFront's event (developer guide, "multiValue")."""
    if isinstance(value, str):
        return {"value": value}
    return {"value": value[0], "multiValue": [{"value": each} for each in value]}


def fields(values: Mapping[str, str | list[str]]) -> dict[str, Any]:
    return {name: field(value) for name, value in values.items()}


def event(
    method: str, uri: str, headers: Mapping[str, Any] | None = None, query: Any = None, cookies: Any = None
) -> Event:
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-request", "requestId": TABLE["request_id"]},
        "viewer": {"ip": "203.0.113.9"},
        "request": {
            "method": method,
            "uri": uri,
            "querystring": fields(query or {}),
            "headers": fields(headers or {}),
            "cookies": fields(cookies or {}),
        },
    }


def event_of(case: Mapping[str, Any]) -> Event:
    return event(**case["request"])


def origin_of(outcome: Outcome) -> str:
    """Return the first origin, or "response" for a response without one."""
    if not outcome.origins:
        return "response"
    (chosen,) = outcome.origins
    return str(chosen if isinstance(chosen, str) else chosen["originIds"][0]["originId"])


@pytest.fixture(scope="module", params=RUNTIMES)
def run(request: pytest.FixtureRequest) -> Any:
    return RUNTIMES[request.param]


@pytest.fixture(scope="module")
def decided(run: Any) -> dict[str, Outcome]:
    """Run all cases, and return their outcomes by name."""
    outcomes = run([event_of(case) for case in CASES])
    return dict(zip((case["name"] for case in CASES), outcomes, strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_decides_according_to_the_table(case: dict[str, Any], decided: dict[str, Outcome]) -> None:
    outcome, decision = decided[case["name"]], case["decision"]
    if "response" in decision:
        check_response(outcome, TABLE["responses"][decision["response"]])
    else:
        check_forwarded(outcome, event_of(case)["request"], decision)


def check_response(outcome: Outcome, expected: Mapping[str, Any]) -> None:
    assert outcome.origins == []
    assert outcome.value["statusCode"] == expected["status"]
    assert outcome.value["statusDescription"]
    assert outcome.value["headers"] == fields(expected["headers"])
    assert outcome.value["body"]["encoding"] == "text"
    assert json.loads(outcome.value["body"]["data"]) == expected["problem"]


def check_forwarded(outcome: Outcome, request: Mapping[str, Any], decision: Mapping[str, Any]) -> None:
    to_api = decision["origin"] == "api"
    assert outcome.origins == ["api" if to_api else group(decision["origin"])]
    read_only = {name: value for name, value in request["headers"].items() if name in READ_ONLY}
    assert outcome.value == {
        "method": request["method"],
        "uri": decision.get("uri", request["uri"]),
        "querystring": request["querystring"] if to_api else {},
        "headers": read_only | fields(decision.get("headers", {})),
        "cookies": request["cookies"] if to_api else {},
    }


def group(origin: str) -> dict[str, Any]:
    """A bucket with the API as its fallback ("createRequestOriginGroup" in the developer guide)."""
    statuses = TABLE["failover"][origin]
    return {"originIds": [{"originId": origin}, {"originId": "api"}], "failoverCriteria": {"statusCodes": statuses}}


def odd_paths() -> Iterator[str]:
    for at in range(len(ASSET_PATH)):
        yield ASSET_PATH[:at]
        for odd in TABLE["never_an_asset"]["insertions"]:
            yield ASSET_PATH[:at] + odd + ASSET_PATH[at:]
            if odd != ASSET_PATH[at]:
                yield ASSET_PATH[:at] + odd + ASSET_PATH[at + 1 :]
    for odd in TABLE["never_an_asset"]["insertions"]:
        yield ASSET_PATH + odd


def test_no_odd_path_reaches_the_assets_bucket(run: Any) -> None:
    paths = list(odd_paths())
    assert len(paths) > 4_000
    for path, outcome in zip(paths, run([event("GET", path) for path in paths]), strict=True):
        is_refused = path.startswith(f"{ASSET_PATH}/") or re.search(r"%|\\|//|/\.", path)
        expected = "response" if is_refused else "api" if path.startswith("/api/") else "site"
        assert origin_of(outcome) == expected, path
        assert outcome.value.get("uri", path) == path


def every_rendition() -> Iterator[Rendition]:
    for frame, width in itertools.product((None, *rendition_names.FRAMES), rendition_names.WIDTHS):
        yield Rendition(width, "webp", frame)
        yield Rendition(width, "jpg", frame)
    yield from (Rendition(None, "png", frame) for frame in rendition_names.FRAMES)


def test_only_valid_rendition_names_reach_an_object(run: Any) -> None:
    asset_id = ASSET_PATH.rpartition("/")[2]
    renditions = {rendition.name: rendition for rendition in every_rendition()}
    odd = {name[:at] + other + name[at + skip :] for name in renditions for at in range(len(name)) for other, skip in
           (("", 1), ("0", 0), ("0", 1), (".", 1), ("/", 1), ("-", 0), (name[at].swapcase(), 1))}  # fmt: skip
    names = sorted(odd | renditions.keys())
    assert len(names) > 2_000
    for name, outcome in zip(names, run([event("GET", f"{ASSET_PATH}/{name}") for name in names]), strict=True):
        rendition = renditions.get(name)
        assert (Rendition.parse(name) is None) == (rendition is None)
        assert origin_of(outcome) == ("assets" if rendition else "response"), name
        if rendition:
            assert outcome.value["uri"] == f"/{rendition.object_key(asset_id)}"


def test_ids_are_case_insensitive_and_paths_are_not(run: Any) -> None:
    spelled = [ASSET_PATH[:at] + ASSET_PATH[at:].upper() for at in range(len(ASSET_PATH))]
    for at, outcome in enumerate(run([event("GET", path) for path in spelled])):
        is_asset = at >= ASSET_PATH.rindex("/")
        assert (origin_of(outcome) == "assets") == is_asset
        assert outcome.value["uri"] == (ASSET_PATH if is_asset else spelled[at])


def test_the_path_alone_decides_the_origin_of_reads(run: Any) -> None:
    paths = sorted({case["request"]["uri"] for case in CASES})
    asked = list(itertools.product(paths, CASES, ("GET", "HEAD")))
    events = [event(**{**case["request"], "method": method, "uri": path}) for path, case, method in asked]
    origins: dict[str, set[str]] = {path: set() for path in paths}
    for (path, _, _), outcome in zip(asked, run(events), strict=True):
        origins[path].add(origin_of(outcome))
    assert {path: each for path, each in origins.items() if len(each) > 1} == {}


@pytest.mark.parametrize(
    ("response", "error"),
    [
        ("direct_upload_too_large", errors.direct_upload_too_large(4 * 1024 * 1024, 50 * 1024 * 1024)),
        ("not_found", errors.not_found()),
    ],
)
def test_edge_responses_match_the_errors(response: str, error: errors.ApiError) -> None:
    expected = TABLE["responses"][response]
    assert expected["status"] == expected["problem"]["status"] == error.status
    assert expected["problem"]["type"].rpartition(":")[2] == error.slug
    assert expected["problem"]["title"] == error.title
    assert expected["problem"]["detail"] == error.detail


# Features missing from the developer guide's list: a pattern for each, and a sample that it must match.
LACKING: dict[str, Sequence[str]] = {
    "for-of": (r"\bfor\s*(?:await\s*)?\([^;)]*\bof\b", "for (const a of b) {}"),
    "class": (r"\bclass\b", "class A {}"),
    "generator": (r"\bfunction\s*\*", "function* a() {}"),
    "spread or rest": (r"\.\.\.", "f(...a)"),
    "destructuring": (r"\b(?:const|let|var)\s*[\[{]|\(\s*[\[{][^()]*\)\s*=>", "f(({ a }) => a)"),
    "default parameter": (
        r"\bfunction\s*\w*\s*\([^)]*=|\([^()=]*\w\s*=[^=>][^()]*\)\s*=>",
        "f((a = 1) => a)",
    ),
    "optional chaining or nullish coalescing": (r"\?\.\D|\?\?", "a?.b"),
    "logical assignment": (r"(?:\|\||&&)=", "a ||= b"),
    "dynamic code": (r"\beval\b|\bFunction\b", "new Function(a)"),
    "module besides the two imported": (r"\b(?:require|export|import)\b", "require('fs')"),
    "timer": (r"\bset(?:Timeout|Interval|Immediate)\b", "setTimeout(a, 1)"),
    "lookbehind": (r"\(\?<[=!]", "/(?<=a)b/"),
}


@pytest.mark.parametrize("feature", LACKING)
def test_uses_no_syntax_that_the_runtime_lacks(feature: str) -> None:
    pattern, sample = LACKING[feature]
    assert re.search(pattern, sample)
    code = SOURCE.read_text(encoding="utf-8").removeprefix("import cf from 'cloudfront';\n")
    code = code.removeprefix("import crypto from 'crypto';\n")
    if feature != "lookbehind":  # regular expressions are written as strings, too
        code = re.sub(r"'(?:[^'\\\n]|\\.)*'", "''", code)
    code = re.sub(r"//.*$", "", code, flags=re.MULTILINE)
    assert not re.search(pattern, code)


def test_is_smaller_than_cloudfronts_limit() -> None:
    assert len(deployed().encode()) < 10_000
