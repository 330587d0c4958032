"""The functions' fixtures: AWS in this process, the provider and generation."""

from tests.functions.conftest import alice, aws_account, aws_session, clock, dynamodb, queue_url, s3, sqs
from tests.functions.generation.conftest import provider, running_provider, stack

__all__ = [
    "alice",
    "aws_account",
    "aws_session",
    "clock",
    "dynamodb",
    "provider",
    "queue_url",
    "running_provider",
    "s3",
    "sqs",
    "stack",
]
