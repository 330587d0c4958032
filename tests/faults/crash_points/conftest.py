"""The functions' fixtures, and a world in which they run again and again."""

from collections.abc import Iterator

import pytest

from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from tests.faults.crash_points.world import World
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import aws_account, aws_session, clock, dynamodb, queue_url, s3, sqs
from tests.functions.generation.conftest import calls, provider, running_provider, stack
from tests.functions.generation.stack import Stack

__all__ = [
    "aws_account",
    "aws_session",
    "calls",
    "clock",
    "dynamodb",
    "provider",
    "queue_url",
    "running_provider",
    "s3",
    "sqs",
    "stack",
]


ONE_SHARD = {
    "asset_api.jobs.job.SHARDS": ("0",),
    "asset_api.jobs.jobs.SHARDS": ("0",),
    "asset_api.assets.asset.EXPIRY_SHARDS": ("expiry#0",),
    "asset_api.publishing.upkeep.EXPIRY_SHARDS": ("expiry#0",),
    "asset_api.publishing.changing.SHARDS": ("change#0",),
}
"""Of what is due: a stop or a switch between queries of two empty shards shows nothing that one between two others does
not, and there would be thousands of them."""


@pytest.fixture
def world(stack: Stack, calls: AwsCalls, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    send = IngestQueue.send

    def send_now(queue: IngestQueue, ready: ReadyJob, *, delay_seconds: int = 0) -> None:  # noqa: ARG001
        """Delay no message: by the world's clock, it would come in another test."""
        send(queue, ready)

    monkeypatch.setattr(IngestQueue, "send", send_now)
    for shards, only_one in ONE_SHARD.items():
        monkeypatch.setattr(shards, only_one)
    with calls.watching_http():
        yield World(stack, calls)
