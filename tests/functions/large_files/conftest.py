"""Fixtures that make files large from one unit."""

from collections.abc import Iterator

import pytest
from moto.s3 import models as s3_models

from asset_api.platform import aws
from asset_api.publishing import deferred_publication, publisher
from asset_api.publishing.large import assembly
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import configure
from tests.functions.large_files.files import UNIT


@pytest.fixture(autouse=True)
def large_from_one_unit(monkeypatch: pytest.MonkeyPatch, queue_url: str) -> None:
    """Let small files stand for large ones: what is a mebibyte on AWS, as S3's smallest part of five, is a unit."""
    configure(monkeypatch, max_upload_bytes=2**30, large_files_queue_url=queue_url)
    for module in (deferred_publication, publisher):
        monkeypatch.setattr(module, "REQUEST_MAX_BYTES", UNIT)
    monkeypatch.setattr(assembly, "COPIED_BYTES", 6 * UNIT)
    monkeypatch.setattr(assembly, "WRITTEN_BYTES", 8 * UNIT)
    monkeypatch.setattr(assembly, "MIN_PART_BYTES", 5 * UNIT)
    monkeypatch.setattr(s3_models, "S3_UPLOAD_PART_MIN_SIZE", 5 * UNIT)


@pytest.fixture
def calls() -> Iterator[AwsCalls]:
    """The functions' AWS calls, including those of the client for large files."""
    watched = AwsCalls()
    with watched.watching(aws.dynamodb(), aws.s3(), aws.s3_for_large_files()):
        yield watched
