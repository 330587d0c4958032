"""Ranges of an object's versions, as the emulator's S3 serves them."""

from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import s3

from local.emulator_process import object_versions

FIRST, SECOND = b"0123456789", b"abcdefghij"


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The ids of two versions of one object; the second is the current one."""
    monkeypatch.setattr(s3, "_get_object", object_versions._get_range)
    monkeypatch.setattr(s3, "S3_PERSIST", False)
    s3._create_bucket("bucket", b"", {})
    s3._put_bucket_versioning("bucket", b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
    stored = [s3._put_object("bucket", "key", content, {}) for content in (FIRST, SECOND)]
    yield [headers["x-amz-version-id"] for _, headers, _ in stored]
    s3.reset()


def get(version: str | None, wanted: str | None) -> tuple[int, dict[str, str], bytes]:
    query: dict[str, Any] = {"versionId": [version]} if version else {}
    response: tuple[int, dict[str, str], bytes] = s3._get_object(
        "bucket", "key", {"range": wanted} if wanted else {}, query
    )
    return response


@pytest.mark.parametrize(("number", "content"), [(0, FIRST), (1, SECOND)])
def test_a_version_is_served_by_range(number: int, content: bytes, versions: list[str]) -> None:
    status, headers, body = get(versions[number], "bytes=2-4")
    assert (status, body, headers["Content-Range"], headers["Content-Length"]) == (
        206,
        content[2:5],
        "bytes 2-4/10",
        "3",
    )
    assert headers["x-amz-version-id"] == versions[number]
    assert get(versions[number], "bytes=8-99")[2] == content[8:]
    assert get(versions[number], "bytes=10-12")[0] == 416
    assert get(versions[number], None)[::2] == (200, content)


def test_without_a_version_the_current_one_is_served(versions: list[str]) -> None:
    assert versions
    assert get(None, "bytes=0-1")[::2] == (206, SECOND[:2])
