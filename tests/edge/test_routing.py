"""The front door's routing and the CloudFront function against one table, `cases.json`."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

from asset_api.platform import errors
from local.routing import Refuse, ToApi, ToAssets, ToSite, route

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TABLE: dict[str, Any] = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
ASSET_PATH: str = TABLE["asset_path"]
# On AWS CloudFront's own matter, here the front door's; the table does not list them.
CLOUDFRONT_OWN_HEADERS = frozenset(("content-length", "host", "transfer-encoding", "via"))


def one_line(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def received_headers(request: Mapping[str, Any]) -> CIMultiDict[str]:
    """As aiohttp hands them over: any case, a name as often as it was sent, cookies in one line."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.get("headers", {}).items():
        for each in [value] if isinstance(value, str) else value:
            headers.add(name.title(), each)
    if cookies := request.get("cookies"):
        headers.add("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))
    return headers


def expected_headers(case: Mapping[str, Any]) -> dict[str, str]:
    expected = {name: one_line(value) for name, value in case["decision"].get("headers", {}).items()}
    if case["decision"]["origin"] == "api" and "cookies" in case["request"]:
        expected["cookie"] = received_headers(case["request"])["cookie"]
    return expected


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_decides_as_the_table_says(case: dict[str, Any]) -> None:
    request, decision = case["request"], case["decision"]
    decided = route(request["method"], request["uri"], received_headers(request), request_id=TABLE["request_id"])
    if "answer" in decision:
        answer = TABLE["answers"][decision["answer"]]
        assert isinstance(decided, Refuse)
        assert (decided.status, decided.headers) == (answer["status"], answer["headers"])
        assert json.loads(decided.body) == answer["problem"]
        return
    assert type(decided) is {"assets": ToAssets, "site": ToSite, "api": ToApi}[decision["origin"]]
    assert not isinstance(decided, Refuse)
    if not isinstance(decided, ToApi):
        assert decided.path == decision.get("uri", request["uri"])
        assert not CLOUDFRONT_OWN_HEADERS & decided.headers.keys()
    forwarded = {name: value for name, value in decided.headers.items() if name not in CLOUDFRONT_OWN_HEADERS}
    assert forwarded == expected_headers(case)


def odd_paths() -> Iterator[str]:
    for at in range(len(ASSET_PATH)):
        yield ASSET_PATH[:at]
        for odd in TABLE["never_an_asset"]["insertions"]:
            yield ASSET_PATH[:at] + odd + ASSET_PATH[at:]
            if odd != ASSET_PATH[at]:
                yield ASSET_PATH[:at] + odd + ASSET_PATH[at + 1 :]
    for odd in TABLE["never_an_asset"]["insertions"]:
        yield ASSET_PATH + odd


def test_no_odd_path_reaches_the_assets_bucket() -> None:
    for path in odd_paths():
        expected = ToApi if path.startswith("/api/") else ToSite
        assert type(route("GET", path, {})) is expected, path


def test_a_body_to_the_api_keeps_its_length_and_loses_what_belongs_to_the_connection() -> None:
    headers = {
        "Host": "localhost:8000",
        "Content-Length": "12",
        "Connection": "keep-alive",
        "Expect": "100-continue",
        "Transfer-Encoding": "chunked",
        "TE": "trailers",
    }
    decided = route("POST", "/api/v2/generate", headers)
    assert decided == ToApi({"content-length": "12", "x-forwarded-host": "localhost:8000"})


def test_refuses_a_length_of_more_digits_than_an_integer_may_have() -> None:
    headers = {"content-type": "multipart/form-data", "content-length": "9" * 5000}
    assert isinstance(route("POST", "/api/v2/upload-asset", headers), Refuse)


def test_the_refusal_at_the_edge_has_the_words_of_the_error_catalogue() -> None:
    answer = TABLE["answers"]["direct_upload_too_large"]
    error = errors.direct_upload_too_large(4 * 1024 * 1024, 50 * 1024 * 1024)
    assert answer["status"] == answer["problem"]["status"] == error.status
    assert answer["problem"]["type"].rpartition(":")[2] == error.slug
    assert answer["problem"]["title"] == error.title
    assert answer["problem"]["detail"] == error.detail


def test_the_cloudfront_function_decides_as_the_table_says() -> None:
    node = shutil.which("node")
    assert node, "Node.js 20 or later must be on the PATH: it runs edge/viewer-request.js"
    # A file, not its directory: what `node --test <directory>` means changed in Node 21.
    run = subprocess.run(
        [node, "--test", "tests/edge/viewer-request.test.mjs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
