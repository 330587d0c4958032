"""The functions' fixtures, and a world in which they run again and again."""

from collections.abc import Iterator

import pytest

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


@pytest.fixture
def world(stack: Stack, calls: AwsCalls) -> Iterator[World]:
    with calls.watching_http():
        yield World(stack, calls)
