"""The functions' fixtures, and a world in which they run again and again."""

from collections.abc import Iterator

import pytest

from tests.faults.crash_points.world import World
from tests.functions.aws_calls import AwsCalls
from tests.functions.conftest import aws_account, aws_session, dynamodb, s3
from tests.functions.generation.conftest import calls, clock, provider, running_provider, sqs, stack
from tests.functions.generation.stack import Stack

__all__ = [
    "aws_account",
    "aws_session",
    "calls",
    "clock",
    "dynamodb",
    "provider",
    "running_provider",
    "s3",
    "sqs",
    "stack",
]


@pytest.fixture
def world(stack: Stack, calls: AwsCalls) -> Iterator[World]:
    with calls.watching_http():
        yield World(stack, calls)
