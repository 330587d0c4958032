"""Fixtures that make files large from one mebibyte."""

from collections.abc import Iterator

import pytest

from asset_api.platform import aws
from asset_api.publishing import later, publisher
from asset_api.publishing.large import assembly
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.part_uploads import MIB


@pytest.fixture(autouse=True)
def large_from_one_mebibyte(monkeypatch: pytest.MonkeyPatch, queue_url: str) -> None:
    """Let small files stand for large ones, and copy them in parts of 6 MiB: S3's minimum is 5 MiB."""
    configure(monkeypatch, max_upload_bytes=2**30, large_files_queue_url=queue_url)
    for module in (later, publisher):
        monkeypatch.setattr(module, "REQUEST_MAX_BYTES", MIB)
    monkeypatch.setattr(assembly, "COPIED_BYTES", 6 * MIB)


@pytest.fixture
def calls() -> Iterator[AwsCalls]:
    """The functions' AWS calls, including those of the client for large files."""
    watched = AwsCalls()
    with watched.watching(aws.dynamodb(), aws.s3(), aws.s3_for_large_files()):
        yield watched
