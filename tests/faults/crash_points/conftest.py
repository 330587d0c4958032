"""The functions' fixtures, and a world in which they run repeatedly."""

from collections.abc import Iterator

import pytest

from asset_api.jobs.ingest_queue import IngestQueue, ReadyJob
from tests.faults.crash_points.world import World
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import aws_account, aws_session, clock, dynamodb, one_shard, queue_url, s3, sqs
from tests.functions.generation.conftest import calls, provider, running_provider, stack
from tests.functions.generation.stack import Stack

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


@pytest.fixture
def world(
    stack: Stack,
    calls: AwsCalls,
    one_shard: None,  # noqa: ARG001  what it changes
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    send = IngestQueue.send

    def send_now(queue: IngestQueue, ready: ReadyJob, *, delay_seconds: int = 0) -> None:  # noqa: ARG001
        """Delay no message, because by the world's clock it would arrive in another test."""
        send(queue, ready)

    monkeypatch.setattr(IngestQueue, "send", send_now)
    with calls.watching_http():
        yield World(stack, calls)
