"""The decisions of the Python client, which need no service."""

import hashlib
import re
import socket
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from asset_upload_client import errors
from asset_upload_client.addresses import api_root
from asset_upload_client.local_files import LocalFile, inspect
from asset_upload_client.response_types import Asset
from asset_upload_client.retries import RetryPolicy
from asset_upload_client.sources import content_of
from asset_upload_client.uploads import check_published
from tests import media
from tests.samples import CLEAN, MIME

POLICY = RetryPolicy(tries=4, first_backoff=1, longest_backoff=3, longest_retry_after=60, random=lambda: 1.0)


@pytest.mark.parametrize(
    ("status", "headers", "failed", "wait"),
    [
        (200, {}, 1, None),
        (400, {}, 1, None),
        (404, {}, 1, None),
        (409, {}, 1, None),
        (500, {}, 1, None),
        (502, {}, 1, 1),
        (503, {}, 2, 2),
        (504, {}, 3, 3),
        (503, {}, 4, None),
        (429, {"Retry-After": "17"}, 1, 18),
        (429, {"Retry-After": "61"}, 1, None),
        (429, {"Retry-After": "soon"}, 1, 1),
        (500, {"Content-Type": "application/xml"}, 1, 1),
    ],
)
def test_waits_for_retry_after_or_with_increasing_backoff(
    status: int, headers: dict[str, str], failed: int, wait: float | None
) -> None:
    assert POLICY.wait_after(httpx.Response(status, headers=headers), failed) == wait


@pytest.mark.parametrize(
    ("error", "wait"), [(httpx.ConnectError(""), 1), (httpx.ReadTimeout(""), 1), (httpx.LocalProtocolError(""), None)]
)
def test_connection_errors_are_retried_and_invalid_requests_are_not(
    error: httpx.TransportError, wait: float | None
) -> None:
    assert POLICY.wait_after(error, 1) == wait


@pytest.mark.parametrize(
    ("cause", "wait"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), None),
        (socket.gaierror(socket.EAI_AGAIN, "try again"), 1),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), None),
        (ssl.SSLEOFError("reset"), 1),
    ],
)
def test_an_impossible_address_is_not_retried(cause: Exception, wait: float | None) -> None:
    error = httpx.ConnectError("no")
    error.__cause__ = cause
    assert POLICY.wait_after(error, 1) == wait


@pytest.mark.parametrize("extension", CLEAN)
def test_the_type_of_a_file_is_detected_by_name_and_content(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a.{extension.upper()}"
    path.write_bytes(CLEAN[extension])
    digest = hashlib.sha256(CLEAN[extension]).hexdigest()
    found = inspect(content_of(path))
    assert (found.name, found.mime, found.size_bytes, found.sha256) == (
        path.name,
        MIME[extension],
        len(CLEAN[extension]),
        digest,
    )


def test_an_old_quicktime_file_without_ftyp_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "old.mov").write_bytes(media.legacy_quicktime())
    assert inspect(content_of(tmp_path / "old.mov")).mime == "video/quicktime"


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.txt", b"hello", errors.InvalidFileType),
        ("a", media.png(), errors.InvalidFileType),
        ("a.jpg", media.gif(), errors.InvalidFileType),
        ("a.mp4", media.png(), errors.InvalidFileType),
        ("a.webp", b"RIFF1234WAVE", errors.InvalidFileType),
        ("a.png", b"", errors.EmptyFile),
        ("missing.png", None, errors.FileNotReadable),
    ],
)
def test_invalid_files_are_refused_without_a_request(
    tmp_path: Path, name: str, data: bytes | None, error: type[errors.AssetError]
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(error):
        inspect(content_of(tmp_path / name))


@pytest.mark.parametrize(
    ("mime", "published_bytes", "same"),
    [("image/jpeg", 90, True), ("image/jpeg", 100, False), ("video/mp4", 100, True), ("video/mp4", 101, False)],
)
def test_a_different_checksum_is_accepted_only_after_metadata_removal(
    mime: str, published_bytes: int, same: bool
) -> None:
    sent = LocalFile(content_of(Path("a")), "a", mime, 100, "1" * 64)
    published = Asset(
        asset_id="x", filename="a", file_type=mime, size_bytes=published_bytes, uploaded_at="", url="", sha256="2" * 64
    )
    if same:
        check_published(sent, published)
    else:
        with pytest.raises(errors.ChecksumMismatch):
            check_published(sent, published)


@pytest.mark.parametrize(
    "given", ["http://h:1", "http://h:1/", "http://h:1/api/v2", "http://h:1/api/v2/", " http://h:1\n"]
)
def test_the_base_url_may_include_the_api_path(given: str) -> None:
    assert api_root(given) == "http://h:1/api/v2"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "like https://assets"),
        ("localhost:8000", "like http://localhost:8000"),
        ("assets.example.com", "like https://assets.example.com"),
        ("ftp://h", "not with ftp://"),
        ("https://", "no host"),
        ("http://h:port", "not a URL"),
        ("http://[::1", "not a URL"),
        ("http://h/api/v2/assets", "address, without a path of the API: http://h,"),
        ("http://h/?x=1", "must not contain"),
        (None, "not NoneType"),
        (b"http://h", "not bytes"),
    ],
)
def test_an_invalid_base_url_is_an_error_with_a_message(given: Any, words: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=re.escape(words)):
        api_root(given)
    with pytest.raises(ValueError, match="base_url"):
        api_root(given)
