"""The functions' fixtures, and an account that they run in repeatedly."""

from collections.abc import Iterator

import pytest
from moto.s3 import models as s3_models

from asset_api import composition
from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from asset_api.platform import settings
from asset_api.publishing import deferred_publication, placing, publisher
from asset_api.publishing.large import assembly, copies, publication
from asset_api.uploads import part_sizes
from tests.faults.crash_points.account import LARGE_FROM_BYTES, LARGE_PARTS_BYTES, Account
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import aws_account, aws_session, clock, dynamodb, one_shard, queue_url, s3, sqs
from tests.functions.generation.conftest import calls, provider, running_provider, stack
from tests.functions.generation.stack import Stack

# S3's is 5 MiB.
MIN_PART_BYTES = 5000

__all__ = [
    "aws_account",
    "aws_session",
    "calls",
    "clock",
    "dynamodb",
    "one_shard",
    "provider",
    "queue_url",
    "running_provider",
    "s3",
    "sqs",
    "stack",
]


def _publish_small_files_as_large_ones(monkeypatch: pytest.MonkeyPatch, queue_url: str) -> None:
    """Let large files begin at a tenth of a megabyte, and their parts be as small; one call is made at a time."""
    configured = settings.current()._replace(large_files_queue_url=queue_url)
    composition.reset()
    monkeypatch.setattr(settings, "current", lambda: configured)
    for module in (deferred_publication, publisher, placing):
        monkeypatch.setattr(module, "REQUEST_MAX_BYTES", LARGE_FROM_BYTES)
    monkeypatch.setattr(part_sizes, "PART_BYTES", LARGE_PARTS_BYTES)
    monkeypatch.setattr(assembly, "COPIED_BYTES", LARGE_PARTS_BYTES)
    for module, name in ((assembly, "WRITTEN_BYTES"), (assembly, "MIN_PART_BYTES")):
        monkeypatch.setattr(module, name, MIN_PART_BYTES)
    monkeypatch.setattr(s3_models, "S3_UPLOAD_PART_MIN_SIZE", MIN_PART_BYTES)
    for module in (publication, copies):
        monkeypatch.setattr(module, "in_parallel", map)


@pytest.fixture
def account(
    stack: Stack,
    calls: AwsCalls,
    one_shard: None,  # noqa: ARG001  the account that it changes
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Account]:
    send = IngestQueue.send

    def send_now(queue: IngestQueue, ready: ReadyJob, *, delay_seconds: int = 0) -> None:  # noqa: ARG001
        """Delay no message, because by the account's clock it would arrive in another test."""
        send(queue, ready)

    monkeypatch.setattr(IngestQueue, "send", send_now)
    _publish_small_files_as_large_ones(monkeypatch, stack.queue_url)
    with calls.watching_http():
        yield Account(stack, calls)
