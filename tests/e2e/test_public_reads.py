"""Get, public, no token: the bytes themselves, and the headers that make them safe and quick to show."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import unquote

import httpx
import pytest

from tests import media
from tests.e2e.client import Caller, someone, succeeded
from tests.e2e.local_stack import LocalStack

DATA = media.mp4()
SIZE = len(DATA)
# RFC 6266, section 4.1, with the quoted strings of RFC 9110, section 5.6.4, and the extended values of RFC 8187.
DISPOSITION = re.compile(
    r'(?P<type>[a-z]+); filename="(?P<plain>(?:[^"\\]|\\.)*)"'
    r"(?:; filename\*=UTF-8''(?P<extended>(?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+))?"
)
UNKNOWN = "0199d1a0-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Published:
    """An MP4 that no test changes."""

    path: str
    http: httpx.Client

    def get(self, query: str = "", **headers: str) -> httpx.Response:
        return self.http.get(self.path + query, headers=headers)


@pytest.fixture(scope="module")
def clip(stack: LocalStack, http: httpx.Client) -> Published:
    asset_id = someone(stack, http).uploaded("clip.mp4", DATA)["asset_id"]
    return Published(f"/api/v2/assets/{asset_id}", http)


def test_anyone_gets_the_bytes_without_a_redirect(clip: Published) -> None:
    response = clip.get()
    assert (response.status_code, response.history) == (200, [])
    assert response.content == DATA
    assert response.headers["content-type"] == "video/mp4"
    assert response.headers["content-length"] == str(SIZE)
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["etag"].startswith('"')


def test_head_returns_the_headers_of_get_without_a_body(clip: Published) -> None:
    got, head = clip.get(), clip.http.head(clip.path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control", "content-disposition", "accept-ranges"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize(
    ("requested", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=100-199", 100, 200),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=200-{SIZE + 999}", 200, SIZE),
        ("bytes=-50", SIZE - 50, SIZE),
        (f"bytes=-{SIZE + 999}", 0, SIZE),
    ],
)
def test_a_range_is_partial_content(requested: str, start: int, end: int, clip: Published) -> None:
    response = clip.get(Range=requested)
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert response.headers["content-length"] == str(end - start)
    assert response.content == DATA[start:end]


def test_a_range_beyond_the_end_is_a_416(clip: Published) -> None:
    response = clip.get(Range=f"bytes={SIZE}-")
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{SIZE}"


def test_a_current_copy_gets_a_304(clip: Published) -> None:
    first = clip.get()
    for header, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        again = clip.get(**{header: value})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    assert clip.get(**{"If-None-Match": '"another"'}).status_code == 200


def test_an_interrupted_download_resumes(clip: Published) -> None:
    response = clip.get(**{"Range": "bytes=10-", "If-Range": clip.get().headers["etag"]})
    assert (response.status_code, response.content) == (206, DATA[10:])


def test_public_bytes_may_be_cached_for_a_year(clip: Published) -> None:
    assert clip.get().headers["cache-control"] == "public, max-age=31536000, immutable"


def test_public_bytes_run_no_scripts(clip: Published) -> None:
    headers = clip.get().headers
    assert headers["x-content-type-options"] == "nosniff"
    policy = {d.split()[0]: d.split()[1:] for d in headers["content-security-policy"].split(";")}
    assert policy["default-src"] == ["'none'"]
    assert policy["sandbox"] == ["allow-same-origin"]  # no scripts; Chromium plays no video of an opaque origin
    assert "script-src" not in policy


def test_every_origin_may_read_public_bytes(clip: Published) -> None:
    response = clip.get(Origin="https://app.example")
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    exposed = {name.strip().lower() for name in response.headers["access-control-expose-headers"].split(",")}
    assert {"etag", "content-range", "accept-ranges"} <= exposed


@pytest.mark.parametrize(
    "query",
    [
        "?response-content-type=text/html",
        "?response-content-disposition=attachment&response-cache-control=no-store",
        "?versionId=1",
        "?acl",
        "?tagging",
        "?X-Amz-Signature=0",
        "?",
    ],
)
def test_a_query_string_changes_nothing(query: str, clip: Published) -> None:
    plain, response = clip.get(), clip.get(query)
    assert (response.status_code, response.content) == (200, DATA)
    for name in ("content-type", "content-disposition", "cache-control", "etag"):
        assert response.headers[name] == plain.headers[name]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "garbage"},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request"},
        {"Cookie": "session=1"},
        {"x-amz-security-token": "x", "x-amz-date": "20200101T000000Z"},
        {"x-amz-expected-bucket-owner": "000000000001"},
        {"x-forwarded-host": "evil.example"},
    ],
    ids=lambda headers: " ".join(headers),
)
def test_credentials_do_not_reach_s3(headers: dict[str, str], clip: Published) -> None:
    response = clip.get(**headers)
    assert (response.status_code, response.content) == (200, DATA)


@pytest.mark.parametrize(
    "name",
    ["plain.png", "Übersicht 日本語 🦊.png", 'quotes " and \\.png', "100%.png", "a;b,c='d'.png", "x" * 251 + ".png"],
)
def test_the_disposition_is_inline_with_the_file_name(name: str, alice: Caller) -> None:
    body = alice.uploaded(name, media.png())
    disposition, shown = parsed_disposition(alice.get(body["asset_id"]))
    assert disposition == "inline"
    assert shown == body["filename"]


def test_a_very_long_name_is_shortened_but_keeps_its_extension(alice: Caller) -> None:
    name = "日" * 251 + ".png"
    body = alice.uploaded(name, media.png())
    assert body["filename"] == name
    _, shown = parsed_disposition(alice.get(body["asset_id"]))
    stem, _, extension = shown.rpartition(".")
    assert extension == "png"
    assert len(stem) > 100
    assert name.startswith(stem)


def test_a_file_name_cannot_add_a_header(alice: Caller) -> None:
    form = succeeded(alice.ask_for_form("a\r\nX-Evil: 1\r\n.png"), 201)
    assert form["filename"] == "aX-Evil: 1.png"
    assert alice.post(form["upload"], media.png()).status_code == 201
    succeeded(alice.complete(form["asset_id"]), 201)
    response = alice.get(form["asset_id"])
    assert "x-evil" not in response.headers
    assert parsed_disposition(response) == ("inline", "aX-Evil: 1.png")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_unknown_id_is_a_404(method: str, http: httpx.Client) -> None:
    response = http.request(method, f"/api/v2/assets/{UNKNOWN}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    if method == "GET":
        assert response.json()["detail"] == "Asset not found"
        assert response.json()["status"] == 404


def test_an_id_may_be_in_upper_case(clip: Published) -> None:
    prefix, _, asset_id = clip.path.rpartition("/")
    assert clip.http.get(f"{prefix}/{asset_id.upper()}").content == DATA


def test_the_etag_depends_only_on_the_bytes(alice: Caller) -> None:
    one, same, other = (
        alice.get(alice.uploaded("image.png", data)["asset_id"]).headers["etag"]
        for data in (media.png(), media.png(), media.png(32, 32))
    )
    assert one == same != other
    assert hashlib.md5(media.png(), usedforsecurity=False).hexdigest() in one


def parsed_disposition(response: httpx.Response) -> tuple[str, str]:
    """Return the type and the file name; `filename*` takes precedence over `filename` (RFC 6266, section 4.3)."""
    parsed = DISPOSITION.fullmatch(response.headers["content-disposition"])
    assert parsed is not None, response.headers["content-disposition"]
    if parsed["extended"]:
        return parsed["type"], unquote(parsed["extended"], errors="strict")
    return parsed["type"], re.sub(r"\\(.)", r"\1", parsed["plain"])
